"""What can wait until no photo arrives: each chore does a little at a time."""

import itertools
import logging

import numpy as np

from appliance.albums.decoder import Decoder
from appliance.albums.errors import Unreadable
from appliance.albums.faces import FaceFinder
from appliance.albums.grouping import Grouping
from appliance.albums.importer import Importer
from appliance.albums.intake import naming_full_disk
from appliance.albums.library import Library
from appliance.albums.recognition import Recognition
from appliance.service.database import Database

logger = logging.getLogger(__name__)


class SearchFaces:
    """Faces on photos that came before the household agreed, or before the models were there."""

    def __init__(self, library: Library, importer: Importer) -> None:
        self._library = library
        self._importer = importer

    def step(self) -> bool:
        waiting = self._library.unsearched(1)
        return bool(waiting) and self._importer.search_faces(waiting[0]) is not None


class ReadAnew:
    """New vectors for known faces when a better embedder came; faces keep their people.

    Vectors of different models are never compared: until the last photo is done no face is grouped.
    """

    def __init__(
        self,
        database: Database,
        library: Library,
        grouping: Grouping,
        decoder: Decoder,
        recognition: Recognition,
    ) -> None:
        self._database = database
        self._library = library
        self._grouping = grouping
        self._decoder = decoder
        self._recognition = recognition
        self._looked = False

    def step(self) -> bool:
        if self._looked and not self._grouping.stale:
            return False
        finder = self._recognition.embedder(sample=True)
        self._looked = finder is not None
        if finder is None or not self._grouping.stale:
            return False
        model = finder.embedder_name
        with self._database.reading() as connection:
            row = connection.execute(
                """SELECT photo FROM embedding JOIN face ON face.id = embedding.face
                WHERE model < ?1 OR model > ?1 LIMIT 1""",
                (model,),
            ).fetchone()
        if row is None:
            logger.info("faces were read anew", extra={"model": model})
            self._grouping.open(model)
        else:
            with naming_full_disk():
                self._read_photo(row["photo"], finder)
        return True

    def _read_photo(self, photo: int, finder: FaceFinder) -> None:
        stored, model = self._library.get(photo), finder.embedder_name
        with self._database.reading() as connection:
            rows = connection.execute(
                """SELECT face.id, landmarks FROM face JOIN embedding ON embedding.face = face.id
                WHERE photo = ? AND model != ? ORDER BY face.id""",
                (photo, model),
            ).fetchall()
        if stored is None or not rows:
            return
        landmarks = np.stack([np.frombuffer(row["landmarks"], np.float32) for row in rows])
        vectors: list[bytes] = []
        try:
            with self._decoder.session():
                picture = self._decoder.analyse(self._library.path(stored))
                found = finder.embed_known(picture.pixels, landmarks.reshape(-1, 5, 2))
                vectors = [vector.astype(np.float16).tobytes() for vector in found]
        except (Unreadable, FileNotFoundError):
            pass  # the original is gone: there is nothing left to recognise these faces by
        with self._grouping.lock, self._database.transaction() as connection:
            for row, vector in itertools.zip_longest(rows, vectors):
                if vector is None:
                    connection.execute("DELETE FROM embedding WHERE face = ?", (row["id"],))
                else:  # of a face that was forgotten meanwhile there is no row to change
                    connection.execute(
                        "UPDATE embedding SET model = ?, vector = ? WHERE face = ?",
                        (model, vector, row["id"]),
                    )


class GiveBack:
    """After a while without work the models and the decoder's child give their memory back."""

    def __init__(self, decoder: Decoder, recognition: Recognition, after_s: float) -> None:
        self._decoder = decoder
        self._recognition = recognition
        self._after_s = after_s

    def step(self) -> bool:
        if self._decoder.idle_s >= self._after_s:
            with self._decoder.session():
                self._recognition.models.unload()
                self._decoder.close()
        return False


class Ask:
    """Keeps the questions to the household up to date while nothing else is to be done."""

    def __init__(self, grouping: Grouping) -> None:
        self._grouping = grouping
        self._seen = -1

    def step(self) -> bool:
        if self._seen == self._grouping.changes:
            return False
        self._seen = self._grouping.changes
        return self._grouping.refresh_suggestions()
