//! The disk, as the store sees it: the few things that a file system can do, and that can fail.
//!
//! Rule: SQLite reaches the same files through the VFS that [`Disk::vfs`] names. Tests put a disk here that loses, tears
//! and reorders what was not synced; phones use [`RealDisk`].

use std::fmt::Debug;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file system.
pub trait Disk: Send + Sync + Debug {
    /// The registered SQLite VFS that reaches the same files; `None`: SQLite's own.
    fn vfs(&self) -> Option<&str> {
        None
    }
    /// Whether one file is synced faster beside another than after it. A simulation that replays by its seed says no.
    fn syncs_side_by_side(&self) -> bool {
        true
    }
    /// The length of a file in bytes; `None` where there is none.
    ///
    /// # Errors
    /// The system's.
    fn length(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Reads a whole file, at most `most` bytes.
    ///
    /// # Errors
    /// The system's; `FileTooLarge` where it is longer.
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>>;
    /// Opens a file for reading and writing; `new`: makes it, and fails where there is one.
    ///
    /// # Errors
    /// The system's.
    fn open(&self, path: &Path, new: bool) -> io::Result<Box<dyn DiskFile>>;
    /// Moves a file over `to`; on return the new name is on disk.
    ///
    /// # Errors
    /// The system's.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; none is no error. On return the removal is on disk.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// What tells the file of this name from another that took its name; `None` where there is none.
    ///
    /// # Errors
    /// The system's.
    fn identity(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Takes the lock that a file stands for, made where there is none; `None` where somebody else has it. It is let go when it
    /// is dropped, and when its process ends, however that ends.
    ///
    /// # Errors
    /// The system's.
    fn hold(&self, path: &Path) -> io::Result<Option<Held>>;
    /// The files of a folder, sorted.
    ///
    /// # Errors
    /// The system's.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;
}

/// A lock that is held for as long as this lives.
pub struct Held(Box<dyn std::any::Any + Send>);

impl Held {
    /// Held for as long as `lock` lives.
    pub fn by(lock: impl std::any::Any + Send) -> Self {
        Self(Box::new(lock))
    }
}

impl Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Held").field(&self.0.type_id()).finish()
    }
}

/// An open file.
pub trait DiskFile: Send {
    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// The system's; then any part of it may have been written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Waits until everything written is on disk.
    ///
    /// # Errors
    /// The system's; then nothing is known of what was written since the last sync, and the file is not to be trusted
    /// with more.
    fn sync(&self) -> io::Result<()>;
    /// A second handle on the same file, which can sync while this one goes on.
    ///
    /// # Errors
    /// The system's.
    fn twin(&self) -> io::Result<Box<dyn DiskFile>>;
}

/// The phone's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl RealDisk {
    /// For handing around.
    pub fn shared() -> Arc<dyn Disk> {
        Arc::new(Self)
    }
}

impl Disk for RealDisk {
    fn length(&self, path: &Path) -> io::Result<Option<u64>> {
        match std::fs::metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(File::open(path)?, most.saturating_add(1)), &mut bytes)?;
        if bytes.len() as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    }
    fn open(&self, path: &Path, new: bool) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create_new(new).open(path)?;
        if new {
            sync_folder(path)?;
        }
        Ok(Box::new(RealFile(file)))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)?;
        sync_folder(to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => sync_folder(path),
        }
    }
    fn identity(&self, path: &Path) -> io::Result<Option<u64>> {
        match std::fs::metadata(path) {
            Ok(found) => Ok(Some(std::os::unix::fs::MetadataExt::ino(&found))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
    fn hold(&self, path: &Path) -> io::Result<Option<Held>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Held::by(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut all: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
        all.sort();
        Ok(all)
    }
}

/// Writes a file of this name anew; on disk when it returns.
///
/// # Errors
/// The system's; then what stands under the name says nothing.
pub(super) fn write_new(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    disk.remove(path)?;
    let mut file = disk.open(path, true)?;
    file.write_at(0, bytes)?;
    file.sync()
}

/// Puts a file in place of the one at `path`, whole or not at all, by way of `fresh`; on disk when it returns.
///
/// # Errors
/// The system's; then the earlier file stands, or where its new name could not be synced perhaps this one.
pub(super) fn write_whole(disk: &dyn Disk, fresh: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_new(disk, fresh, bytes)?;
    disk.rename(fresh, path)
}

/// A new name is only safe once its folder is on disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

struct RealFile(File);

impl DiskFile for RealFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.0, bytes, offset)
    }
    fn sync(&self) -> io::Result<()> {
        // On Apple systems this is F_FULLFSYNC: through the drive's own cache.
        self.0.sync_data()
    }
    fn twin(&self) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Self(self.0.try_clone()?)))
    }
}
