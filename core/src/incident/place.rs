//! A place on the ground.

use crate::base::Position;

/// A place: what was said of it and where it is. Either may be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// The address in words.
    pub address: Option<String>,
    /// The town or township.
    pub locality: Option<String>,
    /// Door codes, floors, which bell.
    pub access: Option<String>,
    /// Where it is.
    pub position: Option<Position>,
    /// The position's uncertainty.
    pub accuracy_m: Option<f64>,
}
