CREATE TABLE unproven (             -- what the journal must hold: not acknowledged, or not read back since (P3)
  row  INTEGER PRIMARY KEY,         -- in the order of making
  kind TEXT NOT NULL,
  id   TEXT NOT NULL,
  act  TEXT NOT NULL,               -- what was first meant: create | change | claim
  unit TEXT NOT NULL,
  lane TEXT NOT NULL,
  made TEXT NOT NULL,
  UNIQUE (kind, id)
);
INSERT OR IGNORE INTO unproven (kind, id, act, unit, lane, made) SELECT kind, id, act, unit, lane, made FROM intents ORDER BY seq;

CREATE TABLE seen_revisions (       -- every revision of a document that was shown here: an old one that comes back is a rollback
  kind TEXT NOT NULL,
  id   TEXT NOT NULL,
  name TEXT NOT NULL,               -- writer#counter
  PRIMARY KEY (kind, id, name)
) WITHOUT ROWID;
