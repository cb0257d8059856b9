//! Cost against teams, nodes and candidates, drawn from what this run measured: both axes logarithmic, one curve for each
//! way of answering, its name at its end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::questions::Outcome;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    Teams,
    Nodes,
    Candidates,
}

impl Plot {
    const ALL: [Self; 3] = [Self::Teams, Self::Nodes, Self::Candidates];

    fn file(self) -> &'static str {
        match self {
            Self::Teams => "cost-teams.svg",
            Self::Nodes => "cost-nodes.svg",
            Self::Candidates => "cost-candidates.svg",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Teams => "The nearest 5 teams that match (2 %), by straight line",
            Self::Nodes => "One scene and 50 teams by road, on three networks",
            Self::Candidates => "One scene and its candidates by road, in Porto",
        }
    }

    fn across(self) -> &'static str {
        match self {
            Self::Teams => "teams",
            Self::Nodes => "nodes of the network: Columbus, Porto, New York",
            Self::Candidates => "candidate teams",
        }
    }
}

/// A measured point of a curve.
#[derive(Debug)]
pub struct Point {
    pub plot: Plot,
    pub curve: &'static str,
    pub x: f64,
    pub ms: f64,
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 470.0;
/// The area of the curves: left, top, right, bottom.
const AREA: [f64; 4] = [80.0, 76.0, 600.0, 400.0];
/// Told apart by all kinds of eyes (Okabe and Ito); ours is the first.
const COLOURS: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000"];

/// From the power of ten below the least to the one above the greatest.
fn decades(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
    let high = values.fold(f64::NEG_INFINITY, f64::max).log10().ceil();
    (low, high.max(low + 1.0))
}

/// Where a value lies between two places, by its decade.
fn place(value: f64, (low, high): (f64, f64), from: f64, until: f64) -> f64 {
    from + (value.log10() - low) / (high - low) * (until - from)
}

fn time(decade: i32) -> String {
    match decade {
        ..-3 => format!("{} ns", 10_u32.pow((decade + 6) as u32)),
        -3..0 => format!("{} µs", 10_u32.pow((decade + 3) as u32)),
        0..3 => format!("{} ms", 10_u32.pow(decade as u32)),
        _ => format!("{} s", 10_u32.pow((decade - 3) as u32)),
    }
}

fn count(decade: i32) -> String {
    let plain = 10_u32.pow(decade as u32).to_string();
    if decade < 3 { plain } else { format!("{},{}", &plain[..plain.len() - 3], &plain[plain.len() - 3..]).replace("1000,000", "1,000,000") }
}

/// When and where this was measured.
fn about() -> String {
    let day = jiff::Zoned::now().date();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").ok();
    let kib = memory.as_deref().and_then(|text| text.split_whitespace().nth(1)).and_then(|kib| kib.parse::<f64>().ok());
    let memory = kib.map_or_else(String::new, |kib| format!(", {:.0} GiB", kib / f64::from(1 << 20)));
    format!("Measured {day} on a machine with {cores} processors{memory}. Each point is the median of each question's best time.")
}

const CLOCKS: &str = "CPU time of one thread; PostGIS and Valhalla: time on the wall less that of an empty question.";

fn draw(plot: Plot, points: &[&Point]) -> Result<String, std::fmt::Error> {
    let [left, top, right, bottom] = AREA;
    let (xs, ys) = (decades(points.iter().map(|p| p.x)), decades(points.iter().map(|p| p.ms)));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"{left}\" y=\"28\" font-size=\"17\">{}</text>\n\
         <text x=\"{left}\" y=\"46\" font-size=\"11\" fill=\"#555\">{}<tspan x=\"{left}\" dy=\"14\">{CLOCKS}</tspan></text>\n",
        plot.title(),
        about()
    );
    for decade in xs.0 as i32..=xs.1 as i32 {
        let x = place(10_f64.powi(decade), xs, left, right);
        writeln!(svg, "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#ddd\"/>")?;
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", bottom + 22.0, count(decade))?;
    }
    for decade in ys.0 as i32..=ys.1 as i32 {
        let y = place(10_f64.powi(decade), ys, bottom, top);
        writeln!(svg, "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/>")?;
        writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", left - 8.0, y + 4.0, time(decade))?;
    }
    writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>", (left + right) / 2.0, bottom + 46.0, plot.across())?;
    let middle = (top + bottom) / 2.0;
    writeln!(svg, "<text transform=\"translate(18 {middle}) rotate(-90)\" text-anchor=\"middle\">time of one question</text>")?;
    let mut curves: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for point in points {
        let at = (place(point.x, xs, left, right), place(point.ms, ys, bottom, top));
        curves.entry(point.curve).or_default().push(at);
    }
    // The names stand from the top down beside the ends of their curves, none over another.
    let mut ends: Vec<(f64, f64, &str)> = curves.iter().filter_map(|(name, curve)| curve.last().map(|end| (end.1, end.0, *name))).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = top;
    let mut others = COLOURS.iter().skip(1);
    for (y, x, name) in ends {
        let first = COLOURS.first().filter(|_| name.starts_with("ours"));
        let colour = first.or_else(|| others.next()).copied().unwrap_or("#000");
        let label = y.max(free);
        free = label + 17.0;
        let line: Vec<String> = curves.get(name).into_iter().flatten().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", line.join(" "))?;
        for (x, y) in curves.get(name).into_iter().flatten() {
            writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>")?;
        }
        writeln!(
            svg,
            "<path d=\"M{:.1} {y:.1}L{} {label:.1}\" stroke=\"{colour}\" stroke-dasharray=\"2 2\" fill=\"none\"/>",
            x + 5.0,
            right + 12.0
        )?;
        writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>", right + 16.0, label + 4.0)?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Writes those plots of which something was measured into the folder of documents.
pub fn write(points: &[Point]) -> Outcome<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs");
    for plot in Plot::ALL {
        let points: Vec<&Point> = points.iter().filter(|point| point.plot == plot).collect();
        if points.is_empty() {
            println!("not drawn: {}, nothing of it was measured", plot.file());
            continue;
        }
        std::fs::write(folder.join(plot.file()), draw(plot, &points)?)?;
    }
    Ok(())
}
