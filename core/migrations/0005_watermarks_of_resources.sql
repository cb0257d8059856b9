-- Watermarks were the HTTP Date of whatever answered; they are the resources' own lastUpdated now, so everything is read anew once.
DELETE FROM watermarks;

CREATE TABLE failures (             -- items at which the server failed (5xx) while it served others
  seq   INTEGER PRIMARY KEY REFERENCES intents (seq) ON DELETE CASCADE,
  tries INTEGER NOT NULL,
  since TEXT NOT NULL               -- the first of them, in the server's time
);
