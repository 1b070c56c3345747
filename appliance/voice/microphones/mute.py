"""Whether the microphone is muted, remembered over restarts and power cuts."""

from pathlib import Path

from appliance.service.durable import make_folder, sync_folder, write_file

MARKER = "muted"


class Mute:
    """An empty file: while it is there, nothing is captured."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / MARKER

    @property
    def muted(self) -> bool:
        return self._file.exists()

    def set(self, muted: bool) -> None:
        """Returns when it is on the disk. Raises OSError; then the state is as before."""
        if muted:
            make_folder(self._file.parent)
            write_file(self._file, b"")
        else:
            self._file.unlink(missing_ok=True)
            if self._file.parent.is_dir():
                sync_folder(self._file.parent)
