//! A file that cannot be read is moved aside whole, to a name that nothing opens by itself.
//!
//! Rule: no byte of it is changed, and nothing is removed (P2). Neighbours: `open`, `roll_forward` and `escalations` find
//! that a file cannot be read; `salvage` and `carry_over` read what still reads of it.

use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::error::StoreError;

/// Moves a file, with what SQLite keeps beside it, to a name that nothing opens by itself. Returns the new names, the
/// file's own first. On return they are on disk; no byte was changed.
pub(super) fn aside(disk: &dyn Disk, path: &Path) -> Result<Vec<String>, StoreError> {
    let number = asides(disk, path)? + 1;
    let mut moved = Vec::new();
    // The logs go first: a database without its log is older, a log without its database is nothing.
    for tail in ["-wal", "-shm", "-journal", ""] {
        let from = with_tail(path, tail);
        if disk.length(&from)?.is_some() {
            let to = named(path, tail, number);
            disk.rename(&from, &to)?;
            moved.extend(to.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    moved.reverse();
    Ok(moved)
}

/// How often this file was moved aside before.
fn asides(disk: &dyn Disk, path: &Path) -> Result<u32, StoreError> {
    let mut number = 0;
    while disk.length(&named(path, "", number + 1))?.is_some() {
        number += 1;
    }
    Ok(number)
}

/// The file as it was moved aside the last time.
pub(super) fn last_aside(disk: &dyn Disk, path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let number = asides(disk, path)?;
    Ok((number > 0).then(|| named(path, "", number)))
}

fn with_tail(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    name.into()
}

fn named(path: &Path, tail: &str, number: u32) -> PathBuf {
    with_tail(path, &format!(".damaged-{number}{tail}"))
}
