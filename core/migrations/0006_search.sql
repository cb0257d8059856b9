-- Search by folded words. Rows without them are folded after this step, some at a time (`projections::fold`).
DROP TABLE note_words;
ALTER TABLE notes ADD COLUMN folded TEXT;  -- what is searched: the words and the person's names, folded; NULL: not yet
CREATE VIRTUAL TABLE note_words USING fts5 (folded, content = 'notes', content_rowid = 'row',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* Co'", prefix = '3');
CREATE INDEX notes_to_fold ON notes (row) WHERE folded IS NULL;
CREATE INDEX notes_by_person ON notes (person);  -- whose name changed
DROP INDEX notes_by_incident;  -- read by nothing
