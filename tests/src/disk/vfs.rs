//! The VFS through which SQLite reaches the disks in memory: one for all of them, each under a root of its own.
#![allow(unsafe_code)] // SQLite's VFS is a table of C functions.
#![allow(unsafe_op_in_unsafe_fn)]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_vfs};

use super::{Node, SimDisk};

pub(super) const NAME: &str = "anydoor-sim";
const C_NAME: &CStr = c"anydoor-sim";

static DISKS: Mutex<Option<HashMap<PathBuf, SimDisk>>> = Mutex::new(None);
static NEXT: AtomicU64 = AtomicU64::new(1);
/// How many temporary files were asked for, on all disks.
static TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// Makes a disk under a root of its own and registers it.
pub(super) fn registered(make: impl FnOnce(PathBuf) -> SimDisk) -> SimDisk {
    static ONCE: Once = Once::new();
    ONCE.call_once(register);
    let root = PathBuf::from(format!("/sim{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    let disk = make(root.clone());
    DISKS.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(root, disk.clone());
    disk
}

pub(super) fn forget(root: &Path) {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().remove(root);
}

pub(super) fn temporary_files() -> u64 {
    TEMPORARY.load(Ordering::Relaxed)
}

fn disk_of(path: &Path) -> Option<SimDisk> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().get(path.parent()?).cloned()
}

/// An open file, laid out as SQLite wants it: its methods first, then ours.
#[repr(C)]
struct Open {
    base: sqlite3_file,
    ours: *mut Ours,
}

struct Ours {
    disk: SimDisk,
    node: Node,
    /// Tells this opening from others of the same file.
    handle: u64,
}

fn register() {
    let methods = Box::leak(Box::new(ffi::sqlite3_io_methods {
        iVersion: 2,
        xClose: Some(close),
        xRead: Some(read),
        xWrite: Some(write),
        xTruncate: Some(truncate),
        xSync: Some(sync),
        xFileSize: Some(file_size),
        xLock: Some(lock),
        xUnlock: Some(unlock),
        xCheckReservedLock: Some(check_lock),
        xFileControl: Some(control),
        xSectorSize: Some(sector_size),
        xDeviceCharacteristics: Some(no_characteristics),
        xShmMap: Some(shm_map),
        xShmLock: Some(shm_lock),
        xShmBarrier: Some(shm_barrier),
        xShmUnmap: Some(shm_unmap),
        xFetch: None,
        xUnfetch: None,
    }));
    // SAFETY: the default VFS is there, and what is registered is leaked: it lives as long as the process.
    unsafe {
        let own = ffi::sqlite3_vfs_find(std::ptr::null());
        let mut vfs = *own;
        vfs.iVersion = 2;
        vfs.szOsFile = size_of::<Open>() as c_int;
        vfs.pNext = std::ptr::null_mut();
        vfs.zName = C_NAME.as_ptr();
        vfs.pAppData = std::ptr::from_mut(methods).cast();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        vfs.xAccess = Some(access);
        vfs.xFullPathname = Some(full_path);
        vfs.xSleep = Some(sleep);
        vfs.xCurrentTimeInt64 = Some(current_time);
        ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0);
    }
}

fn code(result: io::Result<()>, error: c_int) -> c_int {
    match result {
        Ok(()) => ffi::SQLITE_OK,
        Err(e) if e.kind() == io::ErrorKind::StorageFull => ffi::SQLITE_FULL,
        Err(_) => error,
    }
}

/// SAFETY: `file` was opened by [`open`] below and is not closed.
unsafe fn ours<'a>(file: *mut sqlite3_file) -> &'a Ours {
    &*(*file.cast::<Open>()).ours
}

unsafe fn path<'a>(name: *const c_char) -> &'a Path {
    Path::new(CStr::from_ptr(name).to_str().unwrap_or_default())
}

unsafe extern "C" fn open(vfs: *mut sqlite3_vfs, name: *const c_char, file: *mut sqlite3_file, flags: c_int, out: *mut c_int) -> c_int {
    let open = file.cast::<Open>();
    (*open).base.pMethods = std::ptr::null();
    if name.is_null() {
        TEMPORARY.fetch_add(1, Ordering::Relaxed);
        return ffi::SQLITE_CANTOPEN; // temporary files stay in memory (temp_store)
    }
    let path = path(name);
    let Some(disk) = disk_of(path) else { return ffi::SQLITE_CANTOPEN };
    let Ok(node) = disk.node(path, flags & ffi::SQLITE_OPEN_CREATE != 0) else { return ffi::SQLITE_CANTOPEN };
    if !out.is_null() {
        *out = flags;
    }
    let handle = NEXT.fetch_add(1, Ordering::Relaxed);
    (*open).ours = Box::into_raw(Box::new(Ours { disk, node, handle }));
    (*open).base.pMethods = (*vfs).pAppData.cast();
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let ours = Box::from_raw((*file.cast::<Open>()).ours);
    ours.disk.unlock(ours.node, ours.handle, ffi::SQLITE_LOCK_NONE);
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, length: c_int, at: sqlite3_int64) -> c_int {
    let (ours, into) = (ours(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), length as usize));
    match ours.disk.read_at(ours.node, at as u64, into) {
        Ok(read) if read == into.len() => ffi::SQLITE_OK,
        Ok(read) => {
            into[read..].fill(0);
            ffi::SQLITE_IOERR_SHORT_READ
        }
        Err(_) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, length: c_int, at: sqlite3_int64) -> c_int {
    let (ours, from) = (ours(file), std::slice::from_raw_parts(from.cast::<u8>(), length as usize));
    code(ours.disk.write(ours.node, at as u64, from), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, to: sqlite3_int64) -> c_int {
    let ours = ours(file);
    code(ours.disk.truncate(ours.node, to as u64), ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    let ours = ours(file);
    code(ours.disk.sync(ours.node), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    let ours = ours(file);
    *size = ours.disk.size(ours.node) as i64;
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    let ours = ours(file);
    if ours.disk.lock_file(ours.node, ours.handle, level) { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}
unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    let ours = ours(file);
    ours.disk.unlock(ours.node, ours.handle, level);
    ffi::SQLITE_OK
}
unsafe extern "C" fn check_lock(file: *mut sqlite3_file, held: *mut c_int) -> c_int {
    let ours = ours(file);
    *held = c_int::from(ours.disk.highest_lock(ours.node) >= ffi::SQLITE_LOCK_RESERVED);
    ffi::SQLITE_OK
}
unsafe extern "C" fn control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}
unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    super::SECTOR as c_int
}
unsafe extern "C" fn no_characteristics(_: *mut sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_map(file: *mut sqlite3_file, page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int {
    let ours = ours(file);
    let shared = ours.disk.shared(ours.node, page as usize, size as usize, extend != 0);
    // The page lives in the disk until the process that the simulation plays is gone, and then no connection is open.
    *out = shared.map_or(std::ptr::null_mut(), |page| page.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut_ptr().cast());
    ffi::SQLITE_OK
}
/// One thread at a time uses a disk, so no two hold these at once.
unsafe extern "C" fn shm_lock(_: *mut sqlite3_file, _: c_int, _: c_int, _: c_int) -> c_int {
    ffi::SQLITE_OK
}
unsafe extern "C" fn shm_barrier(_: *mut sqlite3_file) {}
unsafe extern "C" fn shm_unmap(_: *mut sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    let path = path(name);
    let Some(disk) = disk_of(path) else { return ffi::SQLITE_IOERR_DELETE };
    if !disk.is_there(path) {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    code(disk.delete(path), ffi::SQLITE_IOERR_DELETE)
}

unsafe extern "C" fn access(_: *mut sqlite3_vfs, name: *const c_char, _: c_int, found: *mut c_int) -> c_int {
    let path = path(name);
    *found = c_int::from(disk_of(path).is_some_and(|disk| disk.is_there(path)));
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(_: *mut sqlite3_vfs, name: *const c_char, length: c_int, out: *mut c_char) -> c_int {
    let bytes = CStr::from_ptr(name).to_bytes_with_nul();
    if bytes.len() > length as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    ffi::SQLITE_OK
}

unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, micros: c_int) -> c_int {
    micros
}

unsafe extern "C" fn current_time(_: *mut sqlite3_vfs, out: *mut sqlite3_int64) -> c_int {
    *out = 212_000_000_000_000;
    ffi::SQLITE_OK
}
