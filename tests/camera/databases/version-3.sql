BEGIN TRANSACTION;
CREATE TABLE activity (
    camera TEXT NOT NULL,
    minute_ms INTEGER NOT NULL,
    score REAL NOT NULL,
    moving_s REAL NOT NULL, present_s REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (camera, minute_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO "activity" VALUES('yard',1699999980000,0.8,3.5,0.0);
CREATE TABLE camera (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    armed INTEGER
) STRICT;
INSERT INTO "camera" VALUES('yard','Yard',0);
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
    way TEXT NOT NULL DEFAULT '[]', judgements TEXT NOT NULL DEFAULT '[]') STRICT;
INSERT INTO "event" VALUES(1,'0000000000000001','yard','Yard',1700000000000,1700000004000,0,0.8,'person','speed','A person is faster than anything seen here: 2.0x.',0.125,0.25,0.25,0.5,'snapshots/0000000000000001.jpg','clips/0000000000000001.mp4',0,'unknown','normal','[[0.125,0.25,0.25,0.5],[0.25,0.25,0.25,0.5]]','[7, 8]');
INSERT INTO "event" VALUES(2,'0000000000000002','yard','Yard',1700000100000,1700000104000,0,0.6,'','place','Something moves where hardly anything moves.',NULL,NULL,NULL,NULL,'','',1,'','','[]','[]');
CREATE INDEX event_by_camera ON event (camera, number);
CREATE INDEX event_by_time ON event (end_ms);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',2);
COMMIT;
