"""What every message on the bus has in common."""

from typing import ClassVar

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message: JSON, with its version. Fields may be added within a version; a reader ignores
    fields that it does not know, and refuses a version that it does not know."""

    VERSION: ClassVar[int] = 1
    SIZE_LIMIT_BYTES: ClassVar[int] = 65_536
    """How large the JSON may be."""

    version: int = 1
    """The version that the sender speaks."""


class Done(Message, frozen=True, kw_only=True):
    """The answer to a request that was carried out."""

    entry: int | None = None
    """The journal entry that `undo` takes back; None when there is nothing to undo."""


class Failure(Message, frozen=True, kw_only=True):
    """The answer to a request that was refused or failed; nothing was changed."""

    code: str
    """A word for programs: `unknown_person`, `malformed`, `busy`, ..."""
    message: str
    """A sentence for people."""
    mend: str = ""
    """What to do about it; empty when there is nothing to do but wait."""
