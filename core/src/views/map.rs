//! The map between two corners: lines by class, the least important first.

use crate::roads::{Roads, RoadsError, View};

/// All lines of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The code of the class.
    pub class: &'static str,
    /// Degrees: latitude, longitude, latitude, longitude, … of all lines one after the other.
    pub points: Vec<f64>,
    /// For each line, how many points it has.
    pub counts: Vec<u32>,
    /// For each line its name; empty where it has none or the scale has no room for names.
    pub names: Vec<String>,
}

/// The lines of a part of the map.
///
/// # Errors
/// [`RoadsError`].
pub fn layers(roads: &Roads, view: View) -> Result<Vec<Layer>, RoadsError> {
    let mut layers: Vec<Layer> = Vec::new();
    for line in roads.lines(view)? {
        let class = line.class.code();
        if layers.last().is_none_or(|layer| layer.class != class) {
            layers.push(Layer { class, points: Vec::new(), counts: Vec::new(), names: Vec::new() });
        }
        if let Some(layer) = layers.last_mut() {
            layer.counts.push(u32::try_from(line.points.len() / 2).unwrap_or(u32::MAX));
            layer.points.extend(line.points);
            layer.names.push(line.name);
        }
    }
    Ok(layers)
}
