"""The schema of the albums database, oldest migration first; a released script never changes.

Times are ISO 8601 text; '' is "time unknown", which sorts before every time. Files are named below
the library folder (photo.file) or the albums folder (all else). The counts in `day` and `person`
are kept by triggers, so that a page of the timeline costs the same with 50 photos and with 50,000.
The views are what `queries.py` reads.
"""

from appliance.service.database import Schema

FIRST = """
CREATE TABLE photo (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'complete')),
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    format TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    taken_at TEXT NOT NULL DEFAULT '',
    utc_offset_minutes INTEGER,
    day TEXT NOT NULL DEFAULT '',
    imported_at TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL,
    colour TEXT NOT NULL DEFAULT '#808080',
    -- the detector that looked for faces; NULL while nobody looked
    searched_by TEXT,
    -- how often an import or a search was begun again after it was cut off
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX photo_timeline ON photo (day DESC, taken_at DESC, id DESC) WHERE state = 'complete';
CREATE INDEX photo_recent ON photo (id DESC) WHERE state = 'complete';
CREATE INDEX photo_pending ON photo (id) WHERE state = 'pending';
CREATE INDEX photo_unsearched ON photo (id) WHERE state = 'complete' AND searched_by IS NULL;

-- how many complete photos each day has
CREATE TABLE day (
    day TEXT PRIMARY KEY,
    photos INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER photo_completed AFTER UPDATE OF state ON photo
WHEN OLD.state = 'pending' AND NEW.state = 'complete' BEGIN
    INSERT INTO day (day, photos) VALUES (NEW.day, 1)
        ON CONFLICT (day) DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER photo_added AFTER INSERT ON photo WHEN NEW.state = 'complete' BEGIN
    INSERT INTO day (day, photos) VALUES (NEW.day, 1)
        ON CONFLICT (day) DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER photo_removed AFTER DELETE ON photo WHEN OLD.state = 'complete' BEGIN
    UPDATE day SET photos = photos - 1 WHERE day = OLD.day;
    DELETE FROM day WHERE day = OLD.day AND photos = 0;
END;

CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT,
    -- the name without case and accents: what names are sorted and searched by
    name_key TEXT,
    created_at TEXT NOT NULL DEFAULT '',
    faces INTEGER NOT NULL DEFAULT 0,
    photos INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX person_order ON person (name IS NULL, name_key, photos DESC, id) WHERE faces > 0;
CREATE INDEX person_name ON person (name_key) WHERE name IS NOT NULL;

-- people that the machine merged into others: an older journal entry may still name them
CREATE TABLE alias (
    person INTEGER PRIMARY KEY,
    merged_into INTEGER NOT NULL REFERENCES person ON DELETE CASCADE
);
CREATE INDEX alias_merged_into ON alias (merged_into);

CREATE TABLE face (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    photo INTEGER NOT NULL REFERENCES photo ON DELETE CASCADE,
    x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
    -- eyes, nose, corners of the mouth: x and y as float32 shares of the upright picture
    landmarks BLOB NOT NULL,
    score REAL NOT NULL,
    quality REAL NOT NULL,
    person INTEGER REFERENCES person ON DELETE SET NULL,
    -- which of the person's looks it belongs to (changes.py); NULL without a person
    cluster INTEGER,
    decided_by TEXT NOT NULL DEFAULT 'machine' CHECK (decided_by IN ('machine', 'household')),
    crop TEXT,
    found_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX face_photo ON face (photo);
CREATE INDEX face_person ON face (person, photo);
CREATE INDEX face_cluster ON face (cluster) WHERE cluster IS NOT NULL;
CREATE INDEX face_crop ON face (crop) WHERE crop IS NOT NULL;
CREATE INDEX face_cover ON face (person, quality DESC) WHERE crop IS NOT NULL;

CREATE TRIGGER face_added AFTER INSERT ON face WHEN NEW.person IS NOT NULL BEGIN
    UPDATE person SET faces = faces + 1, photos = photos
        + ((SELECT count(*) FROM face WHERE person = NEW.person AND photo = NEW.photo) = 1)
        WHERE id = NEW.person;
END;
CREATE TRIGGER face_removed AFTER DELETE ON face WHEN OLD.person IS NOT NULL BEGIN
    UPDATE person SET faces = faces - 1, photos = photos
        - NOT EXISTS (SELECT 1 FROM face WHERE person = OLD.person AND photo = OLD.photo)
        WHERE id = OLD.person;
END;
CREATE TRIGGER face_moved AFTER UPDATE OF person ON face WHEN OLD.person IS NOT NEW.person BEGIN
    UPDATE person SET faces = faces - 1, photos = photos
        - NOT EXISTS (SELECT 1 FROM face WHERE person = OLD.person AND photo = OLD.photo)
        WHERE id = OLD.person;
    UPDATE person SET faces = faces + 1, photos = photos
        + ((SELECT count(*) FROM face WHERE person = NEW.person AND photo = NEW.photo) = 1)
        WHERE id = NEW.person;
END;

-- float16, of length 1; vectors of different models are never compared
CREATE TABLE embedding (
    face INTEGER PRIMARY KEY REFERENCES face ON DELETE CASCADE,
    model TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX embedding_model ON embedding (model);

-- where the face of somebody forgotten was: it is not looked for again
CREATE TABLE forgotten (
    photo INTEGER NOT NULL REFERENCES photo ON DELETE CASCADE,
    x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL
);
CREATE INDEX forgotten_photo ON forgotten (photo);

-- what the household said; the machine never acts against a row
CREATE TABLE rejection (
    face INTEGER NOT NULL REFERENCES face ON DELETE CASCADE,
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    PRIMARY KEY (face, person)
) WITHOUT ROWID;
CREATE INDEX rejection_person ON rejection (person);
-- person < other
CREATE TABLE separation (
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    PRIMARY KEY (person, other),
    CHECK (person < other)
) WITHOUT ROWID;
CREATE INDEX separation_other ON separation (other);

-- "are these the same person?": person < other
CREATE TABLE suggestion (
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    score REAL NOT NULL,
    PRIMARY KEY (person, other),
    CHECK (person < other)
) WITHOUT ROWID;
CREATE INDEX suggestion_other ON suggestion (other);

CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL DEFAULT '',
    action TEXT NOT NULL,
    -- JSON: who and what, and what was there before
    detail TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,
    -- it can no longer be taken back
    final INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE consent (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    agreed_at TEXT NOT NULL
);

CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    mend TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT ''
);

-- derived files whose rows are gone: deleted from the disk next, also after a crash
CREATE TABLE removal (
    file TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE VIEW shown_photo AS
    SELECT id, name, file, format, size_bytes, width, height, taken_at, utc_offset_minutes,
        imported_at, colour, sha256, day
    FROM photo WHERE state = 'complete';
CREATE VIEW shown_face AS
    SELECT face.id, face.photo, face.x, face.y, face.width, face.height, face.person, person.name,
        face.crop, face.decided_by
    FROM face LEFT JOIN person ON person.id = face.person;
CREATE VIEW shown_person AS
    SELECT id, name, photos, faces, (
        SELECT crop FROM face WHERE face.person = person.id AND crop IS NOT NULL
        ORDER BY quality DESC LIMIT 1) AS cover, name_key
    FROM person;
"""

SECOND = """
-- 0: too large to be opened here; what is shown is a small picture from inside the file, or grey
ALTER TABLE photo ADD COLUMN whole INTEGER NOT NULL DEFAULT 1;
DROP VIEW shown_photo;
CREATE VIEW shown_photo AS
    SELECT id, name, file, format, size_bytes, width, height, taken_at, utc_offset_minutes,
        imported_at, colour, sha256, day, whole
    FROM photo WHERE state = 'complete';
"""

SCHEMA = Schema("albums", (FIRST, SECOND))
