"""What can go wrong in albums; each message names the thing and the mend."""


class AlbumsError(Exception):
    """The root of this room's errors."""

    code: str = "failed"
    """A word for programs."""
    mend: str = ""
    """What to do about it; empty when there is nothing to do but wait."""


class Unreadable(AlbumsError):
    """A file that is no picture we can show; it goes into quarantine."""

    code = "unreadable"

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend


class TooHeavy(Unreadable):
    """A picture that takes more memory to open than was allowed."""

    def __init__(self, reason: str, mend: str, needed_bytes: int) -> None:
        super().__init__(reason, mend)
        self.needed_bytes = needed_bytes


class DiskFull(AlbumsError):
    """No room for the next step; nothing was lost and the import goes on by itself."""

    code = "disk_full"
    mend = "delete what you no longer need; the import goes on by itself"

    def __init__(self) -> None:
        super().__init__("The disk is full.")


class NotYetWritten(AlbumsError):
    """A file that changes while it is read: somebody is still writing it."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("The file is still being written.")


class Unknown(AlbumsError):
    """There is no such person, face, entry, photo or item (any more)."""

    def __init__(self, kind: str, identifier: int) -> None:
        super().__init__(f"There is no {kind} {identifier}.")
        self.code = f"unknown_{kind}"
        self.kind = kind
        self.identifier = identifier
        self.mend = "look at the page again; it may have been removed in the meantime"


class NotUndoable(AlbumsError):
    """A journal entry that cannot be taken back (now)."""

    def __init__(self, entry: int, code: str, why: str, mend: str = "") -> None:
        """`code` is `already_undone`, `too_late` or `later_entry`."""
        super().__init__(f"Entry {entry} cannot be taken back: {why}.")
        self.entry = entry
        self.code = code
        self.mend = mend


class Contradiction(AlbumsError):
    """A request that makes no sense: to merge a person with itself, say."""

    code = "contradiction"

    def __init__(self, why: str, mend: str = "") -> None:
        super().__init__(why)
        self.mend = mend


class GroupingOff(AlbumsError):
    """Faces are not looked at before the household agrees."""

    code = "grouping_off"
    mend = "agree to grouping on the page"

    def __init__(self) -> None:
        super().__init__("Nobody has agreed to faces being grouped yet.")
