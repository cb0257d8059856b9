//! The lock of a member's work: one holder of a database and its journal, across processes (P3).
//!
//! Rule: a process that is dead holds nothing; the file stays when the holder goes. Neighbours: `open` takes it, `wipe` lays down in
//! it by which word a wipe is known.

use std::path::{Path, PathBuf};

use super::disk::{Disk, Held};
use super::error::StoreError;

/// The file whose lock the holder of the database at `path` has.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// How often the lock is tried for, a hundredth of a second apart: a process that this one has just begun has all its open files for
/// a moment, and whoever closes as another opens is not told that it is in use.
const TRIES: u32 = 30;

/// Takes the lock of the database at `path`.
///
/// # Errors
/// [`StoreError::InUse`] where somebody else has it.
pub(super) fn hold(disk: &dyn Disk, path: &Path) -> Result<Held, StoreError> {
    for _ in 0..TRIES {
        if let Some(held) = disk.hold(&beside(path))? {
            return Ok(held);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Err(StoreError::InUse)
}
