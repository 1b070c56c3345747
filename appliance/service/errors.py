"""What can go wrong in what every process shares; each message names the thing and the mend."""

from collections.abc import Iterable
from pathlib import Path


class ServiceError(Exception):
    """The root of this room's errors."""

    mend: str = ""
    """The command or step that mends it; empty when waiting does."""


class DatabaseMissing(ServiceError):
    def __init__(self, name: str, path: Path) -> None:
        super().__init__(f"The {name} database is not there yet ({path}).")
        self.name = name
        self.path = path
        self.mend = f"appliance restart {name}"


class SchemaMismatch(ServiceError):
    def __init__(self, name: str, found: int, expected: int) -> None:
        super().__init__(
            f"The {name} database has schema version {found}; this program knows {expected}."
        )
        self.name = name
        self.found = found
        self.expected = expected
        self.mend = (
            "update the appliance; an older program does not read newer data"
            if found > expected
            else f"appliance restart {name}"
        )


class WrongSetting(ServiceError):
    """A settings file that does not say what it must; names key, line and what is allowed."""

    def __init__(self, path: Path, key: str, line: int | None, problem: str) -> None:
        place = f"{path.name}, line {line}" if line else path.name
        super().__init__(f"{place}: {key}: {problem}" if key else f"{place}: {problem}")
        self.path = path
        self.key = key
        self.line = line
        self.problem = problem
        self.mend = f"edit {path}, then: appliance settings check"


class WrongUnit(ServiceError):
    """A unit file that a PC cannot obey."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        place = f"{path.name}, line {line}" if line else path.name
        super().__init__(f"{place}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem
        self.mend = f"edit {path}; docs/operations.md lists what is obeyed"


class AlreadyRunning(ServiceError):
    """Two supervisors on one data folder."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"The appliance is already running on {data}.")
        self.data = data
        self.mend = "stop the other one, or choose another folder: APPLIANCE_DATA=FOLDER make run"


class NotRunning(ServiceError):
    """A question to an appliance that is not there to answer."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"The appliance is not running on {data}.")
        self.data = data
        self.mend = "make run; on a box: systemctl start appliance.target"


class ProgramMissing(ServiceError):
    """A unit names a program that is not installed."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"{program} is not installed.")
        self.program = program
        self.mend = f"sudo apt install {package}"


class FolderUnusable(ServiceError):
    """The data folder cannot be made or written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"The folder {folder} cannot be used: {reason}.")
        self.folder = folder
        self.mend = "name another folder: APPLIANCE_DATA=FOLDER"


class NotAllowed(ServiceError):
    """The appliance belongs to another user."""

    def __init__(self, action: str) -> None:
        super().__init__(f"Only root and the user who runs the appliance may {action}.")
        self.action = action
        self.mend = "repeat it with sudo"


class UnknownService(ServiceError):
    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no service {name}; there are {', '.join(sorted(known))}.")
        self.name = name
        self.mend = "appliance status"
