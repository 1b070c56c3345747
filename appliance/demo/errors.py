"""What can go wrong in the demo; each message names the thing and the mend."""


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
