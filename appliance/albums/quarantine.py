"""Files that are no pictures we can show: kept, with the reason, until the household decides.

A file moves here first and gets its row next; without a row it is tried again at the next start.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from appliance.albums.errors import Unknown, Unreadable
from appliance.albums.intake import is_text, take_file
from appliance.albums.library import StoredPhoto, split_name
from appliance.service.clock import Clock, timestamp
from appliance.service.database import Database
from appliance.service.durable import TEMPORARY_PREFIX, make_folder, sync_folder

FOLDER = "quarantine"


@dataclass(frozen=True)
class Item:
    id: int
    name: str
    path: Path


class Quarantine:
    """`albums/quarantine/<16 hex>-<quoted name>`."""

    def __init__(self, database: Database, folder: Path, clock: Clock) -> None:
        self._database = database
        self._folder = folder / FOLDER
        self._clock = clock

    def add(
        self,
        path: Path,
        sha256: str,
        name: str,
        cause: Unreadable,
        photo: StoredPhoto | None = None,
    ) -> None:
        """Takes the file in; `photo` is the pending row that it had. Raises OSError."""
        make_folder(self._folder)
        target = path
        if path.parent != self._folder or not is_text(path):
            stem, suffix = split_name(name)
            target = self._folder / f"{secrets.token_hex(8)}-{quote(stem[:60] + suffix, safe='')}"
            take_file(path, target)
        with self._database.transaction() as connection:
            older = connection.execute(
                "SELECT file FROM quarantine WHERE sha256 = ?", (sha256,)
            ).fetchone()
            if photo is not None:
                connection.execute("DELETE FROM photo WHERE id = ?", (photo.id,))
            connection.execute(
                """INSERT INTO quarantine (sha256, name, file, reason, mend, at)
                VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET
                file = excluded.file, reason = excluded.reason, mend = excluded.mend""",
                (sha256, name, target.name, cause.reason, cause.mend, timestamp(self._clock.now())),
            )
        if older is not None and older["file"] != target.name:
            (self._folder / older["file"]).unlink(missing_ok=True)

    def get(self, item: int) -> Item:
        """Raises Unknown."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT id, name, file FROM quarantine WHERE id = ?", (item,)
            ).fetchone()
        if row is None:
            raise Unknown("item", item)
        return Item(row["id"], row["name"], self._folder / row["file"])

    def discard(self, item: int) -> None:
        """Deletes the file for good. Raises Unknown."""
        found = self.get(item)
        found.path.unlink(missing_ok=True)
        sync_folder(self._folder)
        self._delete_row(item)

    def release(self, sha256: str) -> None:
        """The file was imported after all."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM quarantine WHERE sha256 = ?", (sha256,))

    def recover(self) -> list[tuple[Path, str]]:
        """After a crash: rows without a file go; files without a row (and their names) are
        returned, to be tried again."""
        present = set()
        if self._folder.exists():
            for path in self._folder.iterdir():
                if path.name.startswith(TEMPORARY_PREFIX):
                    path.unlink()
                else:
                    present.add(path.name)
        with self._database.transaction() as connection:
            known = {row["file"] for row in connection.execute("SELECT file FROM quarantine")}
            connection.executemany(
                "DELETE FROM quarantine WHERE file = ?", [(file,) for file in known - present]
            )
        return [
            (self._folder / file, unquote(file.partition("-")[2]) or file)
            for file in sorted(present - known)
        ]

    def _delete_row(self, item: int) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM quarantine WHERE id = ?", (item,))
