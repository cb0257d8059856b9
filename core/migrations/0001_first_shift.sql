CREATE TABLE documents (            -- every FHIR resource of this team's scope, as JSON
  row         INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL,        -- resource type
  id          TEXT NOT NULL,
  body        TEXT NOT NULL,        -- what this phone shows: the server's, or ours while unsent
  base_body   TEXT,                 -- the server version that our unsent changes started from
  server_body TEXT,                 -- a newer server version that came in while ours is unsent
  version     TEXT,                 -- the server's version id of what it last told us; NULL: not at the agency (P12)
  signed      INTEGER NOT NULL DEFAULT 0,  -- 1: the triggers below hold the body (P13)
  UNIQUE (kind, id)
);

CREATE TRIGGER signed_body_never_changes BEFORE UPDATE OF body, kind, id, signed ON documents
WHEN OLD.signed = 1 AND (NEW.body IS NOT OLD.body OR NEW.kind IS NOT OLD.kind OR NEW.id IS NOT OLD.id OR NEW.signed IS NOT 1)
BEGIN SELECT RAISE(ABORT, 'signed is immutable'); END;

CREATE TRIGGER unsent_never_deleted BEFORE DELETE ON documents
WHEN EXISTS (SELECT 1 FROM intents WHERE intents.kind = OLD.kind AND intents.id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'unsent work is never deleted'); END;

CREATE TABLE refs (                 -- which document points at which, by top-level element
  target  TEXT NOT NULL,            -- 'Task/…'
  element TEXT NOT NULL,
  row     INTEGER NOT NULL REFERENCES documents (row) ON DELETE CASCADE,
  PRIMARY KEY (target, element, row)
) WITHOUT ROWID;
CREATE INDEX refs_by_row ON refs (row);

CREATE TABLE intents (              -- the outbox: what is meant, not what is sent; the body is built when sent
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  format     INTEGER NOT NULL,      -- version of this row's meaning
  unit       TEXT NOT NULL,         -- one act; goes as one transaction
  lane       TEXT NOT NULL,         -- the visit it belongs to
  act        TEXT NOT NULL,         -- create | change | claim
  kind       TEXT NOT NULL,
  id         TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'waiting',  -- waiting | unknown (sent, no answer) | asked (claim) | parked
  reason     TEXT,                  -- why parked: a code, never words
  detail     TEXT,                  -- the server's own diagnostics, shown to the person, never logged
  sent       TEXT,                  -- the body as it last left, for the read-back; NULL while it never did
  not_before TEXT,                  -- a claim's second look, or Retry-After
  made       TEXT NOT NULL
);
CREATE INDEX intents_by_document ON intents (kind, id);
CREATE INDEX intents_by_lane ON intents (lane, state);

CREATE TABLE intent_needs (         -- explicit dependencies between intents
  seq   INTEGER NOT NULL REFERENCES intents (seq) ON DELETE CASCADE,
  needs INTEGER NOT NULL,
  PRIMARY KEY (seq, needs)
) WITHOUT ROWID;

CREATE TABLE assignments (          -- one slim row per assignment, projected from documents; may be rebuilt at any time
  id         TEXT PRIMARY KEY,
  incident   TEXT NOT NULL,
  team       TEXT,                  -- NULL: an open offer
  state      TEXT NOT NULL,
  open       INTEGER NOT NULL,      -- 1: neither clear nor cancelled
  urgency    INTEGER NOT NULL,      -- 0 emergent … 2 routine
  determined TEXT NOT NULL,
  headline   TEXT NOT NULL,
  person     TEXT,                  -- as shown; NULL: nobody named or described
  place      TEXT,
  door       TEXT NOT NULL,
  cards      INTEGER NOT NULL,      -- what a person must decide
  readable   INTEGER NOT NULL       -- 0: holds a code that this release does not know; shown, not changed (P30)
) WITHOUT ROWID;
CREATE INDEX assignments_queue ON assignments
  (open DESC, urgency, determined, id, incident, team, state, headline, person, place, door, cards, readable);

CREATE TABLE stale (                -- assignments whose row is recomputed before the next read: once, however much changed
  assignment TEXT PRIMARY KEY       -- 'Task/…'
) WITHOUT ROWID;

CREATE TABLE drafts (               -- saved as typed; one author, one phone
  id       TEXT PRIMARY KEY,
  incident TEXT NOT NULL,
  person   TEXT NOT NULL,
  author   TEXT NOT NULL,
  text     TEXT NOT NULL,
  changed  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE notes (                -- one slim row per note at rest; the row number rises with time, so newest is last
  row      INTEGER PRIMARY KEY,     -- microseconds since 1970, moved up where taken
  id       TEXT NOT NULL UNIQUE,
  incident TEXT NOT NULL,
  person   TEXT NOT NULL,
  author   TEXT NOT NULL,
  standing TEXT NOT NULL,           -- signed | addendum
  text     TEXT NOT NULL
);
CREATE INDEX notes_by_incident ON notes (incident, row);
CREATE VIRTUAL TABLE note_words USING fts5 (text, content = 'notes', content_rowid = 'row', tokenize = 'unicode61 remove_diacritics 2', prefix = '3');

CREATE TABLE watermarks (           -- how far each search has read, in server time
  search TEXT PRIMARY KEY,
  upto   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE settings (             -- the phone's own few values: writer, counter, who is on shift
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE audit (                -- a hash chain whose gap shows (P27)
  seq     INTEGER PRIMARY KEY,
  at      TEXT NOT NULL,
  who     TEXT NOT NULL,
  act     TEXT NOT NULL,
  subject TEXT NOT NULL,
  hash    TEXT NOT NULL             -- SHA-256 over the previous hash and this row
);
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is immutable'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is immutable'); END;
