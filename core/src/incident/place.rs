//! A place on the ground, and positions on WGS84.

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
