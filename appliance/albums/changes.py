"""What grouping asks the library to write: each change is one or two rows.

A *cluster* is a set of faces that look alike; a person has one or more of them (as a baby, with a
beard), because a household may merge what does not look alike. Every face that belongs to a person
carries both numbers in its row (`person`, `cluster`); a face that belongs to nobody carries
neither.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Created:
    """A person that did not exist, with their first face."""

    person: int
    face: int
    cluster: int


@dataclass(frozen=True)
class Assigned:
    """A face that is this person's from now on."""

    face: int
    person: int
    cluster: int


@dataclass(frozen=True)
class Merged:
    """All faces of `other` are `person`'s from now on, and `other` is gone.

    When the machine merges, nothing that the household said (name, separation, rejection, decided
    face) ever hangs on `other`, so deleting the person's row loses nothing.
    """

    person: int
    other: int
    cluster: int | None
    """The cluster that the faces of `other` join; None: they keep theirs."""


@dataclass(frozen=True)
class LeftUnknown:
    """A face that belongs to nobody (yet)."""

    face: int


Change = Created | Assigned | Merged | LeftUnknown


@dataclass(frozen=True)
class Suggested:
    """Two people, `person` < `other`, who may be one; a question for the household, nothing to
    write by itself.
    """

    person: int
    other: int
    score: float
    """Cosine similarity (average linkage) of their most alike clusters."""
