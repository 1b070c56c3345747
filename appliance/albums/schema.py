"""The schema of the albums database, oldest migration first; a released script never changes."""

from appliance.service.database import Schema

FIRST = """
CREATE TABLE photo (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'complete')),
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    format TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    taken_at TEXT,
    utc_offset_minutes INTEGER,
    day TEXT,
    imported_at TEXT NOT NULL,
    source TEXT NOT NULL,
    colour TEXT NOT NULL DEFAULT '#808080'
);
CREATE INDEX photo_timeline ON photo (state, day DESC, taken_at DESC, id DESC);

CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name TEXT,
    cover INTEGER,
    created_at TEXT NOT NULL
);

CREATE TABLE face (
    id INTEGER PRIMARY KEY,
    photo INTEGER NOT NULL REFERENCES photo ON DELETE CASCADE,
    x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
    landmarks BLOB NOT NULL,
    score REAL NOT NULL,
    quality REAL NOT NULL,
    person INTEGER REFERENCES person ON DELETE SET NULL,
    decided_by TEXT NOT NULL DEFAULT 'machine' CHECK (decided_by IN ('machine', 'household')),
    found_at TEXT NOT NULL
);
CREATE INDEX face_photo ON face (photo);
CREATE INDEX face_person ON face (person);

CREATE TABLE embedding (
    face INTEGER PRIMARY KEY REFERENCES face ON DELETE CASCADE,
    model TEXT NOT NULL,
    vector BLOB NOT NULL
);

-- what the household said; the machine never acts against a row
CREATE TABLE rejection (
    face INTEGER NOT NULL REFERENCES face ON DELETE CASCADE,
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    PRIMARY KEY (face, person)
) WITHOUT ROWID;
CREATE TABLE separation (
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    PRIMARY KEY (person, other)
) WITHOUT ROWID;

-- "are these the same person?": person < other
CREATE TABLE suggestion (
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    score REAL NOT NULL,
    PRIMARY KEY (person, other)
) WITHOUT ROWID;

CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL,
    undone_at TEXT
);

CREATE TABLE consent (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    agreed_at TEXT NOT NULL
);

CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    mend TEXT NOT NULL,
    at TEXT NOT NULL
);
"""

SCHEMA = Schema("albums", (FIRST,))
