//! Positions on WGS84, and how far they lie apart.

use geo::{Distance, Geodesic, Point};

/// A latitude or longitude that is not on Earth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position on Earth: latitude -90 to 90, longitude -180 to 180")]
pub struct BadPosition;

/// A WGS84 position in degrees. Always on Earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    latitude: f64,
    longitude: f64,
}

impl Position {
    /// A position from degrees.
    ///
    /// # Errors
    /// [`BadPosition`] for NaN, infinities and anything off Earth.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, BadPosition> {
        if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) {
            Ok(Self { latitude, longitude })
        } else {
            Err(BadPosition)
        }
    }
    /// Degrees north.
    pub fn latitude(self) -> f64 {
        self.latitude
    }
    /// Degrees east.
    pub fn longitude(self) -> f64 {
        self.longitude
    }
}

/// Metres between two positions along the WGS84 geodesic: right at the antimeridian and the poles.
pub fn distance_m(from: Position, to: Position) -> f64 {
    Geodesic.distance(Point::new(from.longitude, from.latitude), Point::new(to.longitude, to.latitude))
}
