//! The bytes that inputs are drawn from: new ones for a time, a failing one made smaller, kept as a file, and read again.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

/// How often a failing input is tried smaller.
const MOST_TRIES: u32 = 2_000;

thread_local! {
    /// Whether panics of this thread are awaited, and say nothing.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What a panic said, where `target` does panic.
pub fn panics(target: impl FnOnce()) -> Option<String> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info)
            }
        }));
    });
    QUIET.set(true);
    let ended = catch_unwind(AssertUnwindSafe(target));
    QUIET.set(false);
    let panic = ended.err()?;
    let said = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
    Some(said.unwrap_or_default())
}

/// The name of the target that this thread runs.
pub fn target() -> String {
    std::thread::current().name().unwrap_or("a target").to_owned()
}

/// Numbers for new chances, until the time is over.
pub fn new_ones(time: Duration) -> impl Iterator<Item = u64> {
    let (until, first) = (Instant::now() + time, RandomState::new().build_hasher().finish());
    (0_u64..).map_while(move |count| (Instant::now() < until).then(|| first.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/found")
}

fn file_name(target: &str, bytes: &[u8]) -> String {
    format!("{}.{:08x}", target.replace("::", "-"), crc32fast::hash(bytes))
}

/// Keeps the bytes that a failing input was drawn from.
pub fn keep(target: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(file_name(target, bytes));
    std::fs::create_dir_all(folder()).and_then(|()| std::fs::write(&path, bytes)).expect("a failing input can be kept");
    path
}

/// The bytes of every input at which this target failed once.
pub fn kept(target: &str) -> Vec<Vec<u8>> {
    let own = format!("{}.", target.replace("::", "-"));
    let files = std::fs::read_dir(folder()).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut own: Vec<PathBuf> =
        files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&own))).collect();
    own.sort();
    own.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// The smallest bytes at which it still fails: the end is cut off while that goes, then what does not matter is zeros.
pub fn smaller(mut bytes: Vec<u8>, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let tries = Cell::new(0);
    let fails = |bytes: &[u8]| {
        tries.set(tries.get() + 1);
        tries.get() <= MOST_TRIES && fails(bytes)
    };
    let mut step = bytes.len() / 2;
    while step > 0 {
        match bytes.len().checked_sub(step).and_then(|left| bytes.get(..left)) {
            Some(left) if fails(left) => bytes.truncate(left.len()),
            _ => step /= 2,
        }
    }
    for width in [64, 8, 1] {
        for from in (0..bytes.len()).step_by(width) {
            let mut zeros = bytes.clone();
            let until = bytes.len().min(from + width);
            zeros[from..until].fill(0);
            if zeros != bytes && fails(&zeros) {
                bytes = zeros;
            }
        }
    }
    bytes
}

#[test]
fn a_failing_input_is_made_smaller_and_read_again_from_its_file() {
    let fails = |bytes: &[u8]| bytes.get(7).is_some_and(|byte| *byte > 3);
    let smallest = smaller((0..200).collect(), fails);
    assert_eq!(smallest, [0, 0, 0, 0, 0, 0, 0, 7]);
    let name = "chances::a target of this test";
    let path = keep(name, &smallest);
    assert_eq!(kept(name), [smallest]);
    std::fs::remove_file(path).unwrap();
    assert_eq!(panics(|| panic!("said {}", 1)), Some("said 1".to_owned()));
}
