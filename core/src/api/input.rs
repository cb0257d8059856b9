//! What the shells hand in, read: codes, times, positions.

use super::{AnydoorError, Result};
use crate::base::clock::Instant;
use crate::base::{Code, Position};

fn invalid(what: &str) -> AnydoorError {
    AnydoorError::Invalid { what: what.to_owned() }
}

/// A code of a set that `what` names in the error.
pub(super) fn code<C: Code>(text: &str, what: &str) -> Result<C> {
    C::from_code(text).ok_or_else(|| invalid(what))
}

/// A time in RFC 3339.
pub(super) fn time(text: &str) -> Result<Instant> {
    text.parse().map_err(|_| invalid("time"))
}

/// A position in degrees.
pub(super) fn position(latitude: f64, longitude: f64) -> Result<Position> {
    Position::new(latitude, longitude).map_err(|_| invalid("position"))
}

/// A position in degrees that may be missing, whole or not at all.
pub(super) fn some_position(latitude: Option<f64>, longitude: Option<f64>) -> Result<Option<Position>> {
    match (latitude, longitude) {
        (Some(latitude), Some(longitude)) => position(latitude, longitude).map(Some),
        (None, None) => Ok(None),
        _ => Err(invalid("position")),
    }
}
