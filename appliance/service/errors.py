"""What can go wrong in what every process shares; each message names the thing and the mend."""

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
        self.mend = f"start the service that owns it: systemctl start appliance-{name}"


class SchemaMismatch(ServiceError):
    def __init__(self, name: str, found: int, expected: int) -> None:
        super().__init__(
            f"The {name} database has schema version {found}, this program knows version {expected}."
        )
        self.name = name
        self.found = found
        self.expected = expected
        self.mend = (
            "update the appliance; an older program does not read newer data"
            if found > expected
            else f"restart appliance-{name}, which migrates its database when it starts"
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
