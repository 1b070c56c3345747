"""From a file that somebody dropped to a photo of the library.

    read once -> seen before? -> open (child process) -> pending row -> move -> faces -> complete

Each step can be cut off at any instant; `recover` and the next look into the inbox finish it.
"""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from appliance.albums.capture import find_moment
from appliance.albums.decoder import Analysis, Decoder
from appliance.albums.errors import NotYetWritten, Unreadable
from appliance.albums.faces import OVERLAP_SAME, FaceFinder, FoundFace
from appliance.albums.intake import (
    fingerprint,
    is_text,
    naming_full_disk,
    readable_name,
    remove_file,
    take_file,
    unchanged,
)
from appliance.albums.library import (
    Library,
    NewPhoto,
    Search,
    SeenFace,
    StoredPhoto,
    crop_files,
)
from appliance.albums.quarantine import Quarantine
from appliance.albums.queries import preview_file, thumbnail_file
from appliance.albums.recognition import Recognition
from appliance.service.clock import Clock

UNREADABLE = "unreadable"
"""photo.searched_by of a photo whose original can no longer be opened."""
GIVEN_UP = "given up"
"""photo.searched_by of a photo on which looking for faces has ended the process again and again."""
TOO_LARGE = "too large"
"""photo.searched_by of a photo that was too large to be opened and has no preview inside."""
SEARCHED_PREVIEW_PX = 640
"""Longest side of a preview inside a file from which faces on it are worth looking for."""
ATTEMPTS = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PictureSizes:
    """How derived pictures are made."""

    thumbnail_side: int = 320
    thumbnail_quality: int = 72
    crop_side: int = 256
    preview_side: int = 1440


@dataclass(frozen=True)
class Outcome:
    """What became of a file."""

    kind: Literal["imported", "duplicate", "quarantined"]
    photo: int | None = None
    faces: int = 0
    people: tuple[int, ...] = ()
    reason: str = ""


class Importer:
    """Imports one file after the other; other threads may make previews meanwhile."""

    def __init__(
        self,
        library: Library,
        quarantine: Quarantine,
        decoder: Decoder,
        recognition: Recognition,
        clock: Clock,
        sizes: PictureSizes | None = None,
    ) -> None:
        self._library = library
        self._quarantine = quarantine
        self._decoder = decoder
        self._recognition = recognition
        self._clock = clock
        self._sizes = sizes or PictureSizes()

    def take(self, path: Path, name: str, source: str) -> Outcome | None:
        """Imports a file, which is gone from `path` afterwards. None when it vanished before.

        Bytes of `name` that are no UTF-8 are replaced: the file system has them, no row can.
        Raises DiskFull and NotYetWritten (try again later; nothing is lost), OSError when the file
        cannot be read or moved.
        """
        name = readable_name(name)
        with naming_full_disk():
            try:
                seen = fingerprint(path)
            except FileNotFoundError:
                return None
            known = self._library.find(seen.sha256)
            if known is not None:
                outcome = self._take_known(path, known)
                self._release(source, seen.sha256, outcome)
                return outcome
            with self._decoder.session():
                try:
                    picture = self._analyse(path)
                    if not unchanged(path, seen):
                        raise NotYetWritten
                except Unreadable as error:
                    if not unchanged(path, seen):
                        raise NotYetWritten from error
                    self._quarantine.add(path, seen.sha256, name, error)
                    return Outcome("quarantined", reason=error.reason)
                new = NewPhoto(
                    *(seen.sha256, name, picture.format, seen.size_bytes),
                    *(picture.width, picture.height),
                    find_moment(picture.dates, name, self._clock.now()),
                    *(source, picture.colour),
                    whole=picture.whole,
                )
                inside = None
                if path.is_relative_to(self._library.originals) and is_text(path):
                    inside = path.relative_to(self._library.originals)
                photo = self._library.add(new, inside)
                if inside is None:
                    take_file(path, self._library.path(photo))
                outcome = self._finish(photo, picture)
            self._release(source, seen.sha256, outcome)
            self._decoder.tidy()
            return outcome

    def finish(self, photo: StoredPhoto) -> Outcome | None:
        """Goes on with a photo that was pending when the process ended.

        None when its file is not in the library yet: the inbox still has it.
        """
        path = self._library.path(photo)
        if not path.exists():
            return None
        with naming_full_disk(), self._decoder.session():
            self._prepare_again(photo)
            try:
                picture = self._analyse(path)
            except Unreadable as error:
                self._quarantine.add(path, photo.sha256, photo.name, error, photo)
                return Outcome("quarantined", reason=error.reason)
            return self._finish(photo, picture)

    def search_faces(self, photo: StoredPhoto) -> Outcome | None:
        """Looks for faces on a photo of the library; None while that cannot or must not be done."""
        finder = self._recognition.finder(sample=photo.sample)
        if finder is None:
            return None
        with naming_full_disk(), self._decoder.session():
            if self._prepare_again(photo):
                return Outcome("imported", photo.id)
            try:
                picture = self._decoder.analyse(self._library.path(photo))
                return self._complete(photo, picture, finder)
            except (Unreadable, FileNotFoundError):
                self._library.mark_searched(photo, UNREADABLE)
                return Outcome("imported", photo.id)

    def _prepare_again(self, photo: StoredPhoto) -> bool:
        """Clears what an earlier attempt has left; whether no further search is to be made."""
        self._library.clear_crops(photo)
        if self._library.begin_again(photo) <= ATTEMPTS:
            return False
        logger.warning("gave up looking for faces", extra={"photo": photo.id})
        self._library.mark_searched(photo, GIVEN_UP)
        return True

    def make_preview(self, photo: StoredPhoto) -> str:
        """The screen-sized picture's name below the albums folder.

        Raises Unreadable, DiskFull, OSError.
        """
        file = preview_file(photo.sha256)
        if not (self._library.derived / file).exists():
            with naming_full_disk():
                data = self._decoder.preview(
                    self._library.path(photo), longest_side=self._sizes.preview_side
                )
                self._library.write_derived(file, data)
        return file

    def _take_known(self, path: Path, known: StoredPhoto) -> Outcome:
        """The same content again, or what a crash left of its import."""
        target = self._library.path(known)
        if path == target:
            return Outcome("duplicate", known.id)
        if target.exists():
            remove_file(path)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            take_file(path, target)
        if known.complete:
            return Outcome("duplicate", known.id)
        return self.finish(known) or Outcome("duplicate", known.id)

    def _release(self, source: str, sha256: str, outcome: Outcome) -> None:
        """A file that was in quarantine before is no longer."""
        if source == "quarantine" and outcome.kind != "quarantined":
            self._quarantine.release(sha256)

    def _analyse(self, path: Path) -> Analysis:
        return self._decoder.analyse(
            path,
            thumbnail_side=self._sizes.thumbnail_side,
            thumbnail_quality=self._sizes.thumbnail_quality,
        )

    def _finish(self, photo: StoredPhoto, picture: Analysis) -> Outcome:
        """Everything after the original is in its place."""
        self._library.write_derived(thumbnail_file(photo.sha256), picture.thumbnail)
        finder = self._recognition.finder(sample=photo.sample)
        return self._complete(photo, picture, finder)

    def _complete(
        self, photo: StoredPhoto, picture: Analysis, finder: FaceFinder | None
    ) -> Outcome:
        current = self._library.get(photo.id) or photo
        if not picture.whole and max(picture.pixels.shape) < SEARCHED_PREVIEW_PX:
            search = None
            self._library.mark_searched(photo, TOO_LARGE)
        elif finder is None or current.searched:
            search = None
        else:
            search = self._search(photo, picture, finder)
        people = self._library.complete(photo, search)
        faces = 0 if search is None else len(search.faces)
        return Outcome("imported", photo.id, faces, tuple(people))

    def _search(self, photo: StoredPhoto, picture: Analysis, finder: FaceFinder) -> Search:
        """Finds the faces that have no vector yet, and writes their pictures."""
        known = self._library.known_boxes(photo)
        faces: list[FoundFace] = []
        rows: list[int | None] = []
        for face in finder.find(picture.pixels):
            same = [place for place in known if face.box.overlap(place.box) >= OVERLAP_SAME]
            row = same[0].unread if same else None
            if not same or (row is not None and row not in rows):
                faces.append(face)
                rows.append(row)
        crops = self._write_crops(photo, faces)
        seen = tuple(map(SeenFace, faces, crops, rows))
        return Search(finder.detector_name, finder.embedder_name, seen)

    def _write_crops(self, photo: StoredPhoto, faces: Sequence[FoundFace]) -> list[str]:
        if not faces:
            return []
        files = crop_files(photo.sha256, len(faces), secrets.token_hex(4))
        squares = [face.square for face in faces]
        crops = self._decoder.crop(squares, side=self._sizes.crop_side)
        for file, data in zip(files, crops, strict=True):
            self._library.write_derived(file, data)
        return files
