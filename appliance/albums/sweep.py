"""Looks once after every start whether folders and rows agree, a folder at a time.

A kill at any instant leaves nothing for it to find but temporary files; it is for what happens to
disks and to people who move files by hand, and brings a library back whose database was lost.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.albums.inbox import IGNORED_NAMES, Arrival
from appliance.albums.intake import is_text
from appliance.albums.library import Library
from appliance.service.database import Database
from appliance.service.durable import TEMPORARY_PREFIX

DERIVED_KINDS = ("thumbnails", "crops", "previews")

BEING_WRITTEN_S = 3600.0
"""A temporary file younger than this may be a preview that another thread is making."""

logger = logging.getLogger(__name__)


class Sweep:
    """A chore: each step one folder, until all were seen."""

    def __init__(
        self, database: Database, library: Library, order: Callable[[Arrival], None]
    ) -> None:
        """`order` is given originals without a row, to be imported where they are."""
        self._database = database
        self._library = library
        self._order = order
        self._folders = self._walk()

    def step(self) -> bool:
        folder = next(self._folders, None)
        if folder is None:
            return False
        if folder.is_relative_to(self._library.derived):
            self._tend_derived(folder)
        else:
            self._tend_originals(folder)
        return True

    def _walk(self) -> Iterator[Path]:
        for kind in DERIVED_KINDS:
            yield from sorted((self._library.derived / kind).glob("??"))
        for folder, _, _ in os.walk(self._library.originals):
            yield Path(folder)

    def _tend_derived(self, folder: Path) -> None:
        """Deletes what belongs to no photo."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT sha256 FROM photo WHERE sha256 >= ? AND sha256 < ?",
                (folder.name, f"{folder.name}g"),
            )
            photos = {row["sha256"][:32] for row in rows}
            crops = connection.execute(
                "SELECT crop FROM face WHERE crop >= ?1 || '/' AND crop < ?1 || '0'",
                (f"crops/{folder.name}",),
            )
            faces = {Path(row["crop"]).name for row in crops}
        strangers = []
        for path in folder.iterdir():
            if path.name.startswith(TEMPORARY_PREFIX) and folder.parent.name == "previews":
                known = time.time() - path.lstat().st_mtime < BEING_WRITTEN_S
            elif folder.parent.name == "crops":
                known = path.name in faces
            else:
                known = path.name[:32] in photos
            if not known:
                strangers.append(path)
        for path in strangers:
            path.unlink(missing_ok=True)
        if strangers:
            logger.info("swept", extra={"kind": folder.parent.name, "files": len(strangers)})

    def _tend_originals(self, folder: Path) -> None:
        """Deletes what was cut off, and hands over what has no row."""
        for path in sorted(folder.iterdir()):
            if path.name.startswith(TEMPORARY_PREFIX):
                path.unlink(missing_ok=True)
            elif path.is_symlink() or not path.is_file() or IGNORED_NAMES.fullmatch(path.name):
                continue
            elif not is_text(path) or not self._library.knows_file(
                str(path.relative_to(self._library.originals))
            ):
                self._order(Arrival(path, path.name, "library"))
