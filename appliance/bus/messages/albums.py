"""Albums: its state, its events and what can be asked of it."""

from typing import Annotated, ClassVar, Literal

import msgspec

from appliance.bus.messages.base import Message

Identifier = Annotated[int, msgspec.Meta(ge=1)]
PersonName = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class AlbumsState(Message, frozen=True, kw_only=True):
    """What is in the library; retained. Carries no names."""

    photos: int
    people: int
    """People with at least one photo, named or not."""
    faces: int
    unknown_faces: int
    """Faces that belong to nobody yet."""
    pending: int
    """Photos that wait to be imported."""
    quarantined: int
    grouping: bool
    """Whether a person of the household agreed to faces being grouped."""


class PhotoImported(Message, frozen=True, kw_only=True):
    """A file that came in was dealt with; an event."""

    event_type: Literal["imported", "duplicate", "quarantined"]
    photo: int | None = None
    """The photo's id; None when it was quarantined."""
    faces: int = 0
    people: list[int] = []
    """Ids of the people on it; never their names."""
    reason: str = ""
    """Why it was quarantined, without the file's name."""


class LibraryChanged(Message, frozen=True, kw_only=True):
    """Something in the library is not as it was (an answer of the household, a merge).

    Views read again."""

    people: list[int] = []


class Identify(Message, frozen=True, kw_only=True):
    """Who is on this crop? Asked by other rooms."""

    SIZE_LIMIT_BYTES: ClassVar[int] = 2_700_000

    image: Annotated[bytes, msgspec.Meta(max_length=2_000_000)]
    """A JPEG or PNG of one face with some margin (base64 in JSON)."""


class Identity(Message, frozen=True, kw_only=True):
    """The answer to `Identify`."""

    person: int | None
    """None when the face is nobody we know."""
    name: str | None
    """None when nobody, or a person without a name."""
    score: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    """Cosine similarity to the person, or to the nearest one when `person` is None."""


class SetGrouping(Message, frozen=True, kw_only=True):
    """Agree to faces being grouped, or take that back: embeddings and unnamed people go."""

    agreed: bool


class NamePerson(Message, frozen=True, kw_only=True):
    person: Identifier
    name: PersonName | None
    """None takes the name away."""


class MergePeople(Message, frozen=True, kw_only=True):
    """Two people are one: the faces of `other` become `person`'s."""

    person: Identifier
    other: Identifier


class SeparatePeople(Message, frozen=True, kw_only=True):
    """Two people are not one, however alike; the machine never asks or merges again."""

    person: Identifier
    other: Identifier


class RemoveFace(Message, frozen=True, kw_only=True):
    """This face is not that person; it becomes unknown and never returns to them by itself."""

    face: Identifier


class AssignFace(Message, frozen=True, kw_only=True):
    """This face is that person, or a new one."""

    face: Identifier
    person: Identifier | None
    """None makes a new person."""
    name: PersonName | None = None
    """The new person's name."""


class ForgetPerson(Message, frozen=True, kw_only=True):
    """Remove a person's embeddings, crops and name everywhere, journal included; no undo."""

    person: Identifier


class UndoEntry(Message, frozen=True, kw_only=True):
    """Take a journal entry back."""

    entry: Identifier


class MakePreview(Message, frozen=True, kw_only=True):
    """Make the screen-sized picture of a photo, which is made when it is first asked for."""

    photo: Identifier


class PreviewReady(Message, frozen=True, kw_only=True):
    file: str
    """Below the albums folder."""


class RetryQuarantined(Message, frozen=True, kw_only=True):
    """Try a quarantined file once more."""

    item: Identifier


class DiscardQuarantined(Message, frozen=True, kw_only=True):
    """Delete a quarantined file."""

    item: Identifier
