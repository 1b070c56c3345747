"""What a killed process was writing when it was killed."""

from contextlib import suppress
from pathlib import Path

from appliance.camera import queries
from appliance.service.durable import TEMPORARY_PREFIX

FOLDERS = (queries.CLIPS, queries.SNAPSHOTS, queries.LEARNED)
"""Where files are written beside their place first; recordings are whole at every instant."""


def remove_leftovers(folder: Path, pictures: Path) -> None:
    """Deletes files that nobody goes on writing. To be called before anything is written; `folder`
    is the camera room's, `pictures` that of its live pictures."""
    for each in (*(folder / name for name in FOLDERS), pictures):
        for path in each.glob(f"{TEMPORARY_PREFIX}*"):
            with suppress(OSError):
                path.unlink()
    former = folder / "live"  # where live pictures lay until version 0.1
    for path in former.glob("*.jpg"):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        former.rmdir()
