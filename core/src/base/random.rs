//! Randomness: the operating system's, and where a simulation wants to be replayed by its seed, the simulation's.

use std::cell::RefCell;

use ring::rand::SecureRandom;

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes from the operating system")]
pub struct NoRandomness;

/// Fills a buffer, or says that it cannot.
pub type Source = Box<dyn FnMut(&mut [u8]) -> Result<(), NoRandomness>>;

thread_local! {
    static ON_THIS_THREAD: RefCell<Option<Source>> = const { RefCell::new(None) };
}

/// Randomness on this thread comes from `source` until `None` is handed in. For simulations and failure tests.
pub fn on_this_thread(source: Option<Source>) {
    ON_THIS_THREAD.with(|slot| drop(slot.replace(source)));
}

/// Whether a simulation's source is set on this thread.
pub(crate) fn is_simulated() -> bool {
    ON_THIS_THREAD.with(|slot| slot.try_borrow().is_ok_and(|source| source.is_some()))
}

/// Fills `bytes` with randomness fit for keys.
///
/// # Errors
/// [`NoRandomness`]; the bytes are then to be thrown away.
pub fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    ON_THIS_THREAD.with(|slot| match slot.try_borrow_mut().map_err(|_| NoRandomness)?.as_mut() {
        Some(source) => source(bytes),
        None => ring::rand::SystemRandom::new().fill(bytes).map_err(|_| NoRandomness),
    })
}
