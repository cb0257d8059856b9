//! Items at which the server fails again and again while it serves others.
//!
//! Rule: one such item is tried for some hours and then waits for a person, in sight (P5); a server that fails at everything
//! is waited for, and parks nothing. Times are the server's, where it says one. Neighbours: `sync` tells of each failure.

use rusqlite::params;

use super::database::Store;
use super::error::StoreError;
use super::outbox;
use crate::base::clock::Instant;
use crate::delivery::ParkReason;

/// So often an item is tried at least.
const MOST_TRIES: u32 = 6;
/// For so long at least, in seconds: a fault of the server's is often mended within a shift.
const LEAST_S: i64 = 2 * 3600;

impl Store {
    /// Notes that the server failed at an item at this time, and parks it once that was often and long enough, with what the
    /// server said. Whether it is parked now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn failed(&mut self, seq: i64, at: Instant, detail: Option<&str>) -> Result<bool, StoreError> {
        let tx = self.connection.transaction()?;
        let (tries, since): (u32, String) = tx
            .prepare_cached(
                "INSERT INTO failures SELECT seq, 1, ?2 FROM intents WHERE seq = ?1
                 ON CONFLICT DO UPDATE SET tries = tries + 1 RETURNING tries, since",
            )?
            .query_row(params![seq, at.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let lasted = since.parse::<Instant>().map(|since| at.duration_since(since).as_secs()).unwrap_or(-1);
        if lasted < 0 {
            // A clock that was set back: the hours are counted from here.
            tx.prepare_cached("UPDATE failures SET since = ? WHERE seq = ?")?.execute(params![at.to_string(), seq])?;
        }
        let parks = tries >= MOST_TRIES && lasted >= LEAST_S;
        if parks {
            outbox::park(&tx, seq, ParkReason::ServerFails, detail)?;
            // Should a person let it try again, it has its hours anew.
            tx.prepare_cached("DELETE FROM failures WHERE seq = ?")?.execute([seq])?;
        }
        tx.commit()?;
        Ok(parks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::{Ledger, Plan};
    use crate::base::ids::MemberId;
    use crate::fhir::Document;
    use crate::store::Key;

    #[test]
    fn an_item_waits_for_a_person_after_some_tries_and_some_hours_and_never_by_one_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let at = |minutes: i64| Instant::from_second(1_790_000_000 + minutes * 60).unwrap();
        store.commit(&Plan::new("test", &MemberId::fresh(), at(0), "v").create(Document::new("Basic", "b"))).unwrap();
        let seq = store.unsent().unwrap()[0].seq;
        assert!((0..100).all(|minute| !store.failed(seq, at(minute), None).unwrap()), "often, and not for long");
        assert!(!store.failed(seq, at(-500), None).unwrap(), "a clock that was set back");
        assert!(!store.failed(seq, at(-450), None).unwrap());
        assert!(store.failed(seq, at(-300), Some("broken")).unwrap());
        let parked = store.parked().unwrap();
        assert_eq!((parked[0].reason, parked[0].detail.as_deref()), (ParkReason::ServerFails, Some("broken")));
        assert!(!store.failed(seq, at(900), None).unwrap(), "the hours begin anew");
        assert!(!store.failed(seq, at(9_000), None).unwrap(), "for long, and not often");
    }
}
