-- A signed note has one later change: entered in error, with every word of it as it was (P14).
DROP TRIGGER signed_body_never_changes;
CREATE TRIGGER signed_body_never_changes BEFORE UPDATE OF body, kind, id, signed ON documents
WHEN OLD.signed = 1 AND (NEW.kind IS NOT OLD.kind OR NEW.id IS NOT OLD.id OR NEW.signed IS NOT 1 OR (
  NEW.body IS NOT OLD.body AND (
    OLD.kind IS NOT 'DocumentReference'
    OR json_extract(NEW.body, '$.status') IS NOT 'entered-in-error'
    OR json_remove(NEW.body, '$.status', '$.meta', '$.extension') IS NOT json_remove(OLD.body, '$.status', '$.meta', '$.extension'))))
BEGIN SELECT RAISE(ABORT, 'signed is immutable'); END;
