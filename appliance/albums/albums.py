"""All of albums, put together; from a Python prompt:

albums = Albums.open(Paths.from_environment(), Settings(), SystemClock())
albums.importer.take(Path("photo.jpg"), "photo.jpg", "inbox")
"""

from dataclasses import dataclass

from appliance.albums.decisions import Decisions
from appliance.albums.decoder import Decoder
from appliance.albums.faces import FaceModels
from appliance.albums.forgetting import Forgetting
from appliance.albums.grouping import Grouping
from appliance.albums.identification import Identification
from appliance.albums.importer import Importer, PictureSizes
from appliance.albums.library import Library
from appliance.albums.mending import mend_database
from appliance.albums.quarantine import Quarantine
from appliance.albums.queries import DATABASE
from appliance.albums.recognition import Recognition
from appliance.albums.schema import SCHEMA
from appliance.albums.settings import Settings
from appliance.models.store import Store
from appliance.service.clock import Clock
from appliance.service.database import Database
from appliance.service.durable import make_folder
from appliance.service.paths import Paths


@dataclass(frozen=True)
class Albums:
    """The parts, which share one database, one decoder and one state of grouping."""

    database: Database
    grouping: Grouping
    library: Library
    quarantine: Quarantine
    decoder: Decoder
    recognition: Recognition
    importer: Importer
    decisions: Decisions
    forgetting: Forgetting
    identification: Identification

    @classmethod
    def open(cls, paths: Paths, settings: Settings, clock: Clock) -> "Albums":
        """Makes folders and database where they are missing; rebuilds a database that is damaged.

        Raises SchemaMismatch, and OSError when the data cannot be written.
        """
        for folder in (paths.library, paths.albums):
            make_folder(folder)
        mend_database(paths.albums / DATABASE)
        database = Database(paths.albums / DATABASE, SCHEMA)
        grouping = Grouping(database, clock)
        grouping.open_as_found()
        library = Library(database, grouping, paths.library, paths.albums, clock)
        quarantine = Quarantine(database, paths.albums, clock)
        models = FaceModels(Store(paths.models), threads=settings.face_threads)
        decoder = Decoder(time_limit_s=settings.decode_limit_s, make_room=models.unload)
        recognition = Recognition(models, grouping, library)
        sizes = PictureSizes(
            thumbnail_side=settings.thumbnail_px,
            thumbnail_quality=settings.thumbnail_quality,
            preview_side=settings.preview_px,
        )
        importer = Importer(library, quarantine, decoder, recognition, clock, sizes)
        return cls(
            *(database, grouping, library, quarantine, decoder, recognition, importer),
            Decisions(grouping, clock),
            Forgetting(database, grouping, library, clock),
            Identification(database, decoder, recognition, grouping),
        )

    def close(self) -> None:
        """Ends the decoder's child and leaves the database to its readers."""
        self.decoder.close()
        self.database.close()
