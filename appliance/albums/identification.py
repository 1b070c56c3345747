"""Who is on a crop that another room sends? Vectors never leave this room."""

from dataclasses import dataclass

from appliance.albums.decoder import Decoder
from appliance.albums.errors import GroupingOff, Unreadable
from appliance.albums.grouping import Grouping
from appliance.albums.recognition import Recognition
from appliance.service.database import Database


@dataclass(frozen=True)
class Identified:
    person: int | None
    """None when the face is nobody's whom we know."""
    name: str | None
    score: float
    """Cosine similarity to the person, or to the nearest one."""


class Identification:
    """Thread-safe."""

    def __init__(
        self, database: Database, decoder: Decoder, recognition: Recognition, grouping: Grouping
    ) -> None:
        self._database = database
        self._decoder = decoder
        self._recognition = recognition
        self._grouping = grouping

    def identify(self, image: bytes) -> Identified:
        """The person whose face is the largest on the picture.

        Raises GroupingOff while faces may not or cannot be compared, Unreadable for what is no
        picture of a face.
        """
        with self._decoder.session():
            finder = self._recognition.finder()
            if finder is None:
                raise GroupingOff
            picture = self._decoder.analyse_bytes(image)
            faces = finder.find(picture.pixels)
        if not faces:
            raise Unreadable("There is no face on this picture.", "send a larger or sharper one")
        largest = max(faces, key=lambda face: face.box.width * face.box.height)
        person, score = self._grouping.nearest(largest.vector)
        with self._database.reading() as connection:
            row = connection.execute("SELECT name FROM person WHERE id = ?", (person,)).fetchone()
        name = None if row is None else row["name"]
        return Identified(person, name, max(-1.0, min(1.0, score)))
