"""The albums database after a disk has damaged it: rebuilt from the rows that can be read.

Photos whose rows are lost are found again by the sweep, from their originals.
"""

import logging
from pathlib import Path

from appliance.albums.schema import SCHEMA
from appliance.service.database import mend

RECOUNT = """
DELETE FROM day;
INSERT INTO day (day, photos)
    SELECT day, count(*) FROM photo WHERE state = 'complete' GROUP BY day;
UPDATE face SET cluster = NULL WHERE person IS NULL;
UPDATE person SET
    faces = (SELECT count(*) FROM face WHERE face.person = person.id),
    photos = (SELECT count(DISTINCT photo) FROM face WHERE face.person = person.id);
"""

logger = logging.getLogger(__name__)


def mend_database(path: Path) -> None:
    """Before it is opened. Raises OSError or sqlite3.OperationalError on a full disk, with
    everything as it was."""
    if mend(path, SCHEMA, RECOUNT):
        logger.warning("database was damaged, rebuilt from what could be read")
