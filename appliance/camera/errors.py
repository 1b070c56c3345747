"""What can go wrong in the camera room; each message names the thing and the mend, never a
password."""


class CameraError(Exception):
    """The root of this room's errors."""

    code: str = "failed"
    """A word for programs."""
    mend: str = ""
    """What to do about it; empty when there is nothing to do but wait."""


class UnknownCamera(CameraError):
    code = "unknown_camera"
    mend = "appliance settings list says how cameras are set up"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no camera {key}.")
        self.key = key


class SourceFailed(CameraError):
    """A stream, device or file that gives no pictures (any more)."""

    code = "source"

    def __init__(self, source: str, reason: str, mend: str = "") -> None:
        """`source` is redacted."""
        super().__init__(f"{source} gives no pictures: {reason}.")
        self.source = source
        self.reason = reason
        self.mend = mend


class LearnedDamaged(CameraError):
    """What a camera had learned cannot be read: it begins anew."""

    code = "learned"
    mend = "nothing is to be done; the camera learns what is usual again"

    def __init__(self, reason: str) -> None:
        super().__init__(f"What the camera had learned cannot be read: {reason}.")
        self.reason = reason
