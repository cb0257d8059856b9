ALTER TABLE drafts ADD COLUMN saved INTEGER NOT NULL DEFAULT 0;  -- order of saving, whatever the clock showed
UPDATE drafts SET saved = (SELECT count(*) FROM drafts AS other WHERE other.changed <= drafts.changed);
