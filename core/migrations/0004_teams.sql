ALTER TABLE drafts ADD COLUMN body TEXT NOT NULL DEFAULT 'text';  -- what is being written: text

CREATE TABLE teams (                -- one slim row per team, projected from documents; may be rebuilt at any time
  id           TEXT PRIMARY KEY,
  position     TEXT NOT NULL,       -- the Location that says where it was
  name         TEXT NOT NULL,
  crew         TEXT NOT NULL,       -- JSON: a list of {id, name, role, languages}
  capabilities TEXT NOT NULL,       -- JSON: a list of codes
  areas        TEXT NOT NULL,       -- JSON: a list of names
  shift_from   TEXT,                -- NULL: not on shift
  shift_until  TEXT,
  on_break     INTEGER NOT NULL,
  latitude     REAL,                -- NULL: nobody knows where it is
  longitude    REAL,
  accuracy_m   REAL,
  fixed_at     TEXT
) WITHOUT ROWID;
CREATE INDEX teams_by_position ON teams (position);
CREATE INDEX assignments_open_by_team ON assignments (team, urgency) WHERE open = 1;  -- what binds a team

-- A member's name or languages change their team's row.
INSERT OR IGNORE INTO refs SELECT json_extract(p.value, '$.member.reference'), 'participant', d.row
  FROM documents d, json_each(d.body, '$.participant') p
  WHERE d.kind = 'CareTeam' AND json_extract(p.value, '$.member.reference') IS NOT NULL;
INSERT OR IGNORE INTO stale SELECT 'CareTeam/' || id FROM documents WHERE kind = 'CareTeam';
