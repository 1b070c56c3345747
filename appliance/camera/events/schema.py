"""The database of the camera room: what happened, not what was filmed."""

from appliance.service.database import Schema

VERSION_1 = """
CREATE TABLE event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    camera TEXT NOT NULL,
    camera_name TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    open INTEGER NOT NULL,
    score REAL NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    sentence TEXT NOT NULL,
    x REAL, y REAL, width REAL, height REAL,
    snapshot TEXT NOT NULL DEFAULT '',
    clip TEXT NOT NULL DEFAULT '',
    clip_due INTEGER NOT NULL DEFAULT 1,
    who TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL DEFAULT '',
    judgement INTEGER
) STRICT;
CREATE INDEX event_by_camera ON event (camera, number);
CREATE INDEX event_by_time ON event (end_ms);
CREATE TABLE activity (
    camera TEXT NOT NULL,
    minute_ms INTEGER NOT NULL,
    score REAL NOT NULL,
    moving_s REAL NOT NULL,
    PRIMARY KEY (camera, minute_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE camera (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    armed INTEGER
) STRICT;
"""

VERSION_2 = """
ALTER TABLE event ADD COLUMN way TEXT NOT NULL DEFAULT '[]';
ALTER TABLE event ADD COLUMN judgements TEXT NOT NULL DEFAULT '[]';
UPDATE event SET way = json_array(json_array(x, y, width, height)) WHERE x IS NOT NULL;
UPDATE event SET judgements = json_array(judgement) WHERE judgement IS NOT NULL;
ALTER TABLE event DROP COLUMN judgement;
"""
"""A word on an event is a word on all of its way, not on its worst moment's place alone."""

VERSION_3 = """
ALTER TABLE activity ADD COLUMN present_s REAL NOT NULL DEFAULT 0;
"""
"""Who sits still makes a minute no duller than who moves."""

SCHEMA = Schema("camera", (VERSION_1, VERSION_2, VERSION_3))
