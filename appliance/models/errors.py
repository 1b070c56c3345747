"""What can go wrong with models; each message names the model and the command that mends it."""

from pathlib import Path


class ModelError(Exception):
    """The root of this room's errors."""

    mend: str = ""
    """The command or step that mends it."""


class InvalidCatalogue(ModelError):
    """A catalogue file, ours or the user's, that does not say what it must."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path.name}: {problem}")
        self.path = path
        self.problem = problem
        self.mend = f"correct or remove {path}"


class UnknownModel(ModelError):
    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"No model is called {name!r}; known: {', '.join(known)}.")
        self.name = name
        self.known = known
        self.mend = "appliance models list"


class ModelMissing(ModelError):
    """No usable file: never fetched, or moved aside because it was damaged."""

    def __init__(self, name: str, mend: str) -> None:
        super().__init__(f"The model {name} is not on this box.")
        self.name = name
        self.mend = mend


class ModelDamaged(ModelError):
    """A file whose content is not what the catalogue says, or that its runtime refuses."""

    def __init__(self, name: str, problem: str, mend: str) -> None:
        super().__init__(f"The model {name} is damaged: {problem}.")
        self.name = name
        self.problem = problem
        self.mend = mend


class FetchFailed(ModelError):
    """A source that could not be read to its end; what arrived is kept and continued."""

    def __init__(self, name: str, problem: str, mend: str) -> None:
        super().__init__(f"{name} could not be fetched: {problem}.")
        self.name = name
        self.problem = problem
        self.mend = mend


class NoSpace(ModelError):
    def __init__(self, name: str, folder: Path, needed_bytes: int, mend: str) -> None:
        super().__init__(
            f"No space left for {name}: {folder} needs {needed_bytes / 1e6:.1f} MB more."
        )
        self.name = name
        self.folder = folder
        self.needed_bytes = needed_bytes
        self.mend = f"free space on the file system of {folder}, then: {mend}"


class FolderUnusable(ModelError):
    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"The folder {folder} cannot be written: {reason}.")
        self.folder = folder
        self.reason = reason
        self.mend = f"look who owns {folder}; APPLIANCE_DATA names another place for data"


class StoreBusy(ModelError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"Another `appliance models` is writing to {folder}.")
        self.folder = folder
        self.mend = "wait until it has finished, then type the command again"


class SoftwareMissing(ModelError):
    """A program that running or building models needs."""

    def __init__(self, package: str, mend: str) -> None:
        super().__init__(f"The Python package {package} is not installed.")
        self.package = package
        self.mend = mend


class WrongInput(ModelError):
    """An array that a model cannot take, or a file that `build` or `add` cannot."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem
