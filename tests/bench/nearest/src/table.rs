//! The table that is printed, and the points that are drawn.

use crate::plots::{Plot, Point};

/// Its lines, and the points.
#[derive(Default)]
pub struct Table {
    lines: Vec<[String; 5]>,
    pub points: Vec<Point>,
}

fn met(goal: &str, yes: bool) -> String {
    let met = if yes { "met" } else { "NOT met" };
    if goal.is_empty() { "" } else { met }.to_owned()
}

impl Table {
    /// A figure with its goal.
    pub fn figure(&mut self, what: &str, value: f64, unit: &str, goal: &str, good: bool) {
        self.lines.push([what.to_owned(), format!("{value:.3} {unit}"), String::new(), goal.to_owned(), met(goal, good)]);
    }

    /// A figure beside a peer's, both in milliseconds, judged by ours over the peer's.
    pub fn ratio(&mut self, what: &str, ours: f64, peer: f64, goal: &str, good: impl Fn(f64) -> bool) {
        let ratio = ours / peer;
        let digits = if ratio < 0.1 { 4 } else { 3 };
        let beside = format!("{peer:.3} ms ({ratio:.digits$}×)");
        self.lines.push([what.to_owned(), format!("{ours:.digits$} ms"), beside, goal.to_owned(), met(goal, good(ratio))]);
    }

    /// A point of a curve, in milliseconds.
    pub fn point(&mut self, plot: Plot, curve: &'static str, x: f64, ms: f64) {
        self.points.push(Point { plot, curve, x, ms });
    }

    /// Prints it.
    pub fn print(&self) {
        println!("\n{:<66} {:>16} {:>22} {:>16}", "figure", "ours", "peer (ours/peer)", "goal");
        for [what, ours, peer, goal, met] in &self.lines {
            println!("{what:<66} {ours:>16} {peer:>22} {goal:>16}  {met}");
        }
    }
}
