//! Where this team is.

use super::input::position;
use super::{Anydoor, Result};
use crate::acts;

#[uniffi::export]
impl Anydoor {
    /// Tells the agency where this team is: only on shift, not on a break, and only when it moved 200 m or a minute and
    /// more has passed with a move. Returns whether it was told.
    ///
    /// # Errors
    /// `Invalid` where the position is not on Earth, `NotFound` where this team is not on the phone yet.
    pub fn report_position(&self, latitude: f64, longitude: f64, accuracy_m: f64) -> Result<bool> {
        let position = position(latitude, longitude)?;
        self.inner.act_if(|store, actor| acts::position::report(store, position, accuracy_m, actor))
    }
}
