//! Times in searches and in documents, as spans in microseconds since 1970: `2026-11` is the whole month, an instant
//! with milliseconds one millisecond. A search compares spans as R4 says, so what is vague matches as something vague.

use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};

/// The span that a FHIR date, dateTime or instant covers, both ends included; `None` where it is none.
pub(super) fn span(text: &str) -> Option<(i64, i64)> {
    let Some((date, time)) = text.split_once('T') else { return days(text) };
    if date.len() != 10 {
        return None;
    }
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone_at)?;
    let fraction = clock.split_once('.').map(|(_, digits)| digits.len());
    let (clock, width) = match (clock.len(), fraction) {
        // Minutes alone: allowed in a search.
        (5, None) => (format!("{clock}:00"), 60_000_000),
        (8, None) => (clock.to_owned(), 1_000_000),
        (_, Some(digits @ 1..=9)) => (clock.to_owned(), 10_i64.pow(6_u32.saturating_sub(u32::try_from(digits).ok()?))),
        _ => return None,
    };
    let zone = if zone.is_empty() { "Z" } else { zone };
    let at: Timestamp = format!("{date}T{clock}{zone}").parse().ok()?;
    let from = at.as_microsecond();
    Some((from, from + width - 1))
}

fn days(text: &str) -> Option<(i64, i64)> {
    let digits = text.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    let (full, length) = match text.len() {
        4 => (format!("{text}-01-01"), Span::new().years(1)),
        7 => (format!("{text}-01"), Span::new().months(1)),
        10 => (text.to_owned(), Span::new().days(1)),
        _ => return None,
    };
    let first: Date = if digits { full.parse().ok()? } else { return None };
    let micro = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_microsecond());
    Some((micro(first)?, micro(first.checked_add(length).ok()?)? - 1))
}

/// The span of a Period; an open end is without limit.
pub(super) fn period(start: Option<&str>, end: Option<&str>) -> Option<(i64, i64)> {
    let from = start.map_or(Some(i64::MIN), |text| span(text).map(|s| s.0))?;
    let to = end.map_or(Some(i64::MAX), |text| span(text).map(|s| s.1))?;
    (start.is_some() || end.is_some()).then_some((from, to))
}

/// An instant with milliseconds.
pub(super) fn instant(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map(|at| format!("{at:.3}")).unwrap_or_default()
}

/// One comparison of a search, as SQL over the columns `from` and `to`; `None` where the value cannot be read.
pub(super) fn condition(from: &str, to: &str, value: &str) -> Option<String> {
    let (prefix, text) = match value.split_at_checked(2) {
        Some((prefix @ ("eq" | "ne" | "ge" | "gt" | "le" | "lt" | "sa" | "eb"), text)) => (prefix, text),
        _ => ("eq", value),
    };
    // Whole numbers of our own making: they may stand in the text of the query.
    let (begin, end) = span(text)?;
    let within = format!("({from} >= {begin} AND {to} <= {end})");
    Some(match prefix {
        "ne" => format!("NOT {within}"),
        "gt" => format!("{to} > {end}"),
        "lt" => format!("{from} < {begin}"),
        "ge" => format!("({to} > {end} OR {within})"),
        "le" => format!("({from} < {begin} OR {within})"),
        "sa" => format!("{from} > {end}"),
        "eb" => format!("{to} < {begin}"),
        _ => within,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_covers_what_it_leaves_open() {
        let width = |text: &str| span(text).map(|(from, to)| to - from + 1);
        assert_eq!(width("2026-11-23"), Some(86_400_000_000));
        assert_eq!(width("2024-02"), Some(29 * 86_400_000_000));
        assert_eq!(width("2026-11-23T10:00"), Some(60_000_000));
        assert_eq!(width("2026-11-23T10:00:00Z"), Some(1_000_000));
        assert_eq!(width("2026-11-23T10:00:00.5Z"), Some(100_000));
        assert_eq!(width("2026-11-23T10:00:00.123+01:00"), Some(1_000));
        assert_eq!(span("2026-11-23T10:00:00+01:00"), span("2026-11-23T09:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "yesterday",
            "2026-13",
            "2026-02-30",
            "20261123",
            "2026-11-23T",
            "2026-11-23T10",
            "2026/11/23",
            "é026-11-23",
            "2026-11-23T10:00:00.Z",
            "+002026-11-23T10:00:00Z",
        ] {
            assert_eq!(span(text), None, "{text}");
        }
    }
}
