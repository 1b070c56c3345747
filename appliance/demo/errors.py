"""What can go wrong in the demo; each message names the thing and the mend."""

from pathlib import Path


class DemoError(Exception):
    """The root of this room's errors."""

    mend: str = ""
    """The command or step that mends it."""


class NotUnderstood(DemoError):
    """A virtual device got what no device of its kind obeys; it is as before."""

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(f"The virtual device {device} does not understand: {reason}.")
        self.device = device
        self.reason = reason
        self.mend = "send what it announced on its discovery topic"


class NoVoice(DemoError):
    """Nothing can be spoken aloud on this machine."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"espeak-ng cannot speak: {reason}.")
        self.reason = reason
        self.mend = "sudo apt install espeak-ng, or type it: appliance say"


class NobodyListens(DemoError):
    """Voice does not take sound from a pipe that could be spoken into."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Nobody listens: {reason}.")
        self.reason = reason
        self.mend = "appliance status; or type it: appliance say"


class ClipMissing(DemoError):
    """The clip that the demo's camera was to show."""

    def __init__(self, clip: Path) -> None:
        super().__init__(f"There is no clip {clip}.")
        self.clip = clip
        self.mend = "name a file that is there, or none: the demo shows a drawn street"
