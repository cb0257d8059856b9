//! A disk in memory that fails as disks do: what was not synced is lost, torn or reordered at a power cut, it fills up,
//! and any one operation can fail. SQLite reaches it through the VFS in `vfs`, the store through [`Disk`].

mod vfs;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anydoor_core::store::disk::{Disk, DiskFile, Held};

/// Bytes that reach a platter together.
const SECTOR: usize = 512;

/// What a disk that is not healthy does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ails {
    /// No file grows any more.
    pub full: bool,
    /// After so many operations the power is cut: each one after fails and does nothing.
    pub power_for: Option<u64>,
    /// The operation of this number fails, once.
    pub fails_at: Option<u64>,
    /// Syncs say yes and do nothing: a lie, planted to see that it is found.
    pub lies: bool,
}

#[derive(Debug, Clone, Default)]
struct File {
    now: Vec<u8>,
    /// What a power cut leaves for certain.
    durable: Vec<u8>,
    /// Writes since the last sync: place and bytes; `None` is a truncation to the place.
    pending: Vec<(usize, Option<Vec<u8>>)>,
    /// Whether its name is on the disk.
    named: bool,
    /// SQLite's shared memory for its log, gone with the process.
    shared: Vec<Arc<Page>>,
}

/// A page of shared memory at a place that stays.
#[derive(Debug)]
struct Page(Mutex<Box<[u8]>>);

#[derive(Debug, Default)]
struct Inner {
    names: BTreeMap<PathBuf, Node>,
    /// Which openings hold which of SQLite's locks on a file: a connection that ends must not take the log from another.
    locks: BTreeMap<(Node, u64), i32>,
    /// Which files are held as locks, each by the number of its holding.
    held: BTreeMap<PathBuf, u64>,
    /// A file that is open keeps its number when it is renamed or removed.
    files: BTreeMap<Node, File>,
    next: Node,
    ails: Ails,
    operations: u64,
}

type Node = u64;

impl Inner {
    fn named(&self, path: &Path) -> Option<(Node, &File)> {
        let node = *self.names.get(path)?;
        Some((node, self.files.get(&node)?))
    }

    fn file(&mut self, node: Node) -> io::Result<&mut File> {
        self.files.get_mut(&node).ok_or(io::ErrorKind::NotFound.into())
    }

    fn make(&mut self, path: &Path, file: File) -> Node {
        self.next += 1;
        self.names.insert(path.to_owned(), self.next);
        self.files.insert(self.next, file);
        self.next
    }
}

/// The disk of one phone.
#[derive(Debug, Clone)]
pub struct SimDisk {
    root: PathBuf,
    inner: Arc<Mutex<Inner>>,
}

impl SimDisk {
    /// An empty, healthy disk under a root of its own; it stays known to SQLite until it is dropped with
    /// [`SimDisk::forget`].
    pub fn new() -> Self {
        vfs::registered(|root| Self { root, inner: Arc::default() })
    }

    /// A path on it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Ends SQLite's way to it.
    pub fn forget(&self) {
        vfs::forget(&self.root);
    }

    /// A copy of every file, by name, as it is now.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let inner = self.lock();
        inner.names.iter().map(|(path, node)| (name(path), inner.files[node].now.clone())).collect()
    }

    /// The names of its files.
    pub fn names(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.lock().names.keys().map(name).collect()
    }

    /// Lays a file on it, safe on the platter.
    pub fn lay(&self, name: &str, bytes: Vec<u8>) {
        let file = File { now: bytes.clone(), durable: bytes, named: true, ..File::default() };
        self.lock().make(&self.path(name), file);
    }

    /// How many temporary files SQLite asked for, on this disk and all others: their names are nobody's.
    pub fn temporary_files(&self) -> u64 {
        vfs::temporary_files()
    }

    /// From now on it ails so.
    pub fn set(&self, ails: Ails) {
        self.lock().ails = ails;
    }

    /// How it ails.
    pub fn ails(&self) -> Ails {
        self.lock().ails.clone()
    }

    /// How many operations it has done.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Every file is gone.
    pub fn wipe(&self) {
        let mut inner = self.lock();
        inner.names.clear();
        inner.files.clear();
    }

    /// The process that used it is gone; every write it made is still there.
    pub fn process_gone(&self) {
        let mut inner = self.lock();
        inner.locks.clear();
        inner.held.clear();
        inner.files.values_mut().for_each(|file| file.shared.clear());
    }

    /// The power was cut: of what was not synced, whatever `survives` says is there, sector by sector, in any order.
    pub fn power_cut(&self, mut survives: impl FnMut() -> bool) {
        let mut inner = self.lock();
        let Inner { names, files, .. } = &mut *inner;
        names.retain(|_, node| files.get(node).is_some_and(|file| file.named) || survives());
        files.retain(|node, _| names.values().any(|named| named == node));
        for file in inner.files.values_mut() {
            file.named = true;
            file.shared.clear();
            let mut left = std::mem::take(&mut file.durable);
            for (at, bytes) in file.pending.drain(..) {
                match bytes {
                    None if survives() => left.truncate(at),
                    None => {}
                    Some(bytes) => {
                        let mut at = at;
                        for sector in bytes.chunks(SECTOR) {
                            if survives() {
                                write(&mut left, at, sector);
                            }
                            at += sector.len();
                        }
                    }
                }
            }
            file.now.clone_from(&left);
            file.durable = left;
        }
        inner.locks.clear();
        inner.held.clear();
        inner.ails = Ails::default();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One operation on one file, unless the disk ails.
    fn act<R>(&self, act: impl FnOnce(&mut Inner) -> io::Result<R>) -> io::Result<R> {
        let mut inner = self.lock();
        inner.operations += 1;
        let at = inner.operations;
        if inner.ails.fails_at == Some(at) || inner.ails.power_for.is_some_and(|last| at > last) {
            return Err(io::Error::other("the disk fails"));
        }
        act(&mut inner)
    }

    fn write(&self, node: Node, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.act(|inner| {
            let full = inner.ails.full;
            let file = inner.file(node)?;
            let at = usize::try_from(at).map_err(|_| io::ErrorKind::InvalidInput)?;
            if full && at + bytes.len() > file.now.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            write(&mut file.now, at, bytes);
            file.pending.push((at, Some(bytes.to_vec())));
            Ok(())
        })
    }

    fn truncate(&self, node: Node, to: u64) -> io::Result<()> {
        self.act(|inner| {
            let file = inner.file(node)?;
            let to = usize::try_from(to).map_err(|_| io::ErrorKind::InvalidInput)?;
            file.now.truncate(to);
            file.pending.push((to, None));
            Ok(())
        })
    }

    fn sync(&self, node: Node) -> io::Result<()> {
        self.act(|inner| {
            let lies = inner.ails.lies;
            let file = inner.file(node)?;
            if !lies {
                for (at, bytes) in file.pending.drain(..) {
                    match bytes {
                        Some(bytes) => write(&mut file.durable, at, &bytes),
                        None => file.durable.truncate(at),
                    }
                }
                file.named = true;
            }
            Ok(())
        })
    }

    /// The file of this name; made where there is none and `make` says so.
    fn node(&self, path: &Path, make: bool) -> io::Result<Node> {
        if let Some((node, _)) = self.lock().named(path) {
            return Ok(node);
        }
        if make { self.act(|inner| Ok(inner.make(path, File::default()))) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Takes one of SQLite's locks, or says that somebody else's stands in its way.
    fn lock_file(&self, node: Node, handle: u64, level: i32) -> bool {
        use rusqlite::ffi::{SQLITE_LOCK_EXCLUSIVE, SQLITE_LOCK_NONE, SQLITE_LOCK_PENDING, SQLITE_LOCK_RESERVED};
        let mut inner = self.lock();
        let others = inner.locks.iter().filter(|((of, by), _)| *of == node && *by != handle).map(|(_, level)| *level);
        let highest = others.max().unwrap_or(SQLITE_LOCK_NONE);
        let free = match level {
            SQLITE_LOCK_EXCLUSIVE => highest == SQLITE_LOCK_NONE,
            SQLITE_LOCK_RESERVED => highest < SQLITE_LOCK_RESERVED,
            _ => highest < SQLITE_LOCK_PENDING,
        };
        if free {
            inner.locks.insert((node, handle), level);
        }
        free
    }

    fn unlock(&self, node: Node, handle: u64, level: i32) {
        let mut inner = self.lock();
        if level == rusqlite::ffi::SQLITE_LOCK_NONE {
            inner.locks.remove(&(node, handle));
        } else {
            inner.locks.insert((node, handle), level);
        }
    }

    fn highest_lock(&self, node: Node) -> i32 {
        self.lock().locks.iter().filter(|((of, _), _)| *of == node).map(|(_, level)| *level).max().unwrap_or(0)
    }

    fn delete(&self, path: &Path) -> io::Result<()> {
        self.act(|inner| {
            inner.names.remove(path);
            Ok(())
        })
    }

    fn size(&self, node: Node) -> u64 {
        self.lock().files.get(&node).map_or(0, |file| file.now.len() as u64)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.lock().names.contains_key(path)
    }

    fn read_at(&self, node: Node, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.act(|inner| {
            let file = inner.file(node)?;
            let rest = usize::try_from(at).ok().and_then(|at| file.now.get(at..)).unwrap_or_default();
            let length = rest.len().min(into.len());
            into[..length].copy_from_slice(&rest[..length]);
            Ok(length)
        })
    }

    fn shared(&self, node: Node, page: usize, size: usize, extend: bool) -> Option<Arc<Page>> {
        let mut inner = self.lock();
        let file = inner.files.get_mut(&node)?;
        while extend && file.shared.len() <= page {
            file.shared.push(Arc::new(Page(Mutex::new(vec![0; size].into()))));
        }
        file.shared.get(page).cloned()
    }
}

impl Default for SimDisk {
    fn default() -> Self {
        Self::new()
    }
}

fn write(into: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if into.len() < at + bytes.len() {
        into.resize(at + bytes.len(), 0);
    }
    into[at..at + bytes.len()].copy_from_slice(bytes);
}

impl Disk for SimDisk {
    fn vfs(&self) -> Option<&str> {
        Some(vfs::NAME)
    }
    fn syncs_side_by_side(&self) -> bool {
        false
    }
    fn length(&self, path: &Path) -> io::Result<Option<u64>> {
        self.act(|inner| Ok(inner.named(path).map(|(_, file)| file.now.len() as u64)))
    }
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.act(|inner| {
            let (_, file) = inner.named(path).ok_or(io::ErrorKind::NotFound)?;
            if file.now.len() as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(file.now.clone()) }
        })
    }
    fn open(&self, path: &Path, new: bool) -> io::Result<Box<dyn DiskFile>> {
        let node = self.act(|inner| match (inner.named(path).map(|(node, _)| node), new) {
            (Some(_), true) => Err(io::ErrorKind::AlreadyExists.into()),
            (None, false) => Err(io::ErrorKind::NotFound.into()),
            (Some(node), false) => Ok(node),
            // The folder is synced with a new name.
            (None, true) => Ok(inner.make(path, File { named: true, ..File::default() })),
        })?;
        Ok(Box::new(SimFile { disk: self.clone(), node }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.act(|inner| {
            let node = inner.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            inner.names.insert(to.to_owned(), node);
            Ok(())
        })
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.delete(path)
    }
    fn identity(&self, path: &Path) -> io::Result<Option<u64>> {
        Ok(self.lock().named(path).map(|(node, _)| node))
    }
    fn hold(&self, path: &Path) -> io::Result<Option<Held>> {
        self.act(|inner| {
            if inner.held.contains_key(path) {
                return Ok(None);
            }
            inner.next += 1;
            let holding = inner.next;
            inner.held.insert(path.to_owned(), holding);
            Ok(Some(Held::by(SimHeld { disk: self.clone(), path: path.to_owned(), holding })))
        })
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.act(|inner| Ok(inner.names.keys().filter(|path| path.parent() == Some(folder)).cloned().collect()))
    }
}

/// A lock of one process; one that is gone has let go of it already.
struct SimHeld {
    disk: SimDisk,
    path: PathBuf,
    holding: u64,
}

impl Drop for SimHeld {
    fn drop(&mut self) {
        let mut inner = self.disk.lock();
        if inner.held.get(&self.path) == Some(&self.holding) {
            inner.held.remove(&self.path);
        }
    }
}

struct SimFile {
    disk: SimDisk,
    node: Node,
}

impl DiskFile for SimFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.write(self.node, offset, bytes)
    }
    fn sync(&self) -> io::Result<()> {
        self.disk.sync(self.node)
    }
    fn twin(&self) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Self { disk: self.disk.clone(), node: self.node }))
    }
}
