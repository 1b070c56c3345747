"""What the page refuses or cannot do; each message names the thing and the mend."""

from collections.abc import Mapping


class WebError(Exception):
    """The root of this room's errors."""

    mend: str = ""
    """What to do about it; empty when there is nothing to do but wait."""


class MissingText(WebError):
    """A key that the catalogue of texts lacks, or a value that the text needs and did not get."""

    def __init__(self, key: str, problem: str = "no such text") -> None:
        super().__init__(f"Text {key}: {problem}.")
        self.key = key
        self.mend = "add it to appliance/web/texts/en.toml"


class UploadRefused(WebError):
    """A file that was not taken; `text` is the key of what the page says about it."""

    def __init__(self, text: str, status: int, **values: str | int) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.values = values


class FootageUnreadable(WebError):
    """What cameras keep cannot be read now."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend

    @classmethod
    def damaged(cls) -> "FootageUnreadable":
        return cls(
            "The list of events is damaged, as by a failing disk. It is mended when cameras start "
            "again; recordings are not touched.",
            "appliance restart camera",
        )

    @classmethod
    def busy(cls) -> "FootageUnreadable":
        return cls("The list of events is busy. Try again in a moment.", "appliance status")


class WrongEntries(WebError):
    """A form of settings with values that are not allowed; nothing was saved."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{key}: {problem}" for key, problem in problems.items()))
        self.problems = dict(problems)
        """What is wrong of each key; of the whole under ''."""
        self.mend = "enter what the description of the setting allows"


class WrongPassword(WebError):
    def __init__(self) -> None:
        super().__init__("The password is not right.")
        self.mend = "try again; a forgotten one is reset by deleting config/web/password on the box"


class TooManyAttempts(WebError):
    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many attempts to log in; the next one is taken in {wait_s} s.")
        self.wait_s = wait_s
        self.mend = f"wait {wait_s} seconds"


class NoPort(WebError):
    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"No free port for the page between {first} and {last}.")
        self.first = first
        self.last = last
        self.mend = "set web.port to a free one in config/appliance.toml"
