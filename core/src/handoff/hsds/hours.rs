//! Schedules of HSDS → openings. HSDS writes them as the parts of an RRULE (RFC 5545) with times of day beside it.
//!
//! Rule: a plain week stays one; what recurs otherwise (every second week, the first Monday, until a date, from a start) is
//! worked out by the `rrule` library into its dates, for [`AHEAD_DAYS`]. A schedule that is not understood leaves the hours
//! known in part only. Neighbours: `service` says whose schedules these are.

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use rrule::RRuleSet;

use super::Context;
use super::service::Remarks;
use super::tables::Row;
use crate::handoff::Opening;
use crate::handoff::directory::{ALL_DAYS, day};

/// How far ahead dates are worked out, in days: an import is repeated before.
const AHEAD_DAYS: i32 = 400;

/// The hours of a service.
#[derive(Debug, Default)]
pub struct Week {
    /// What is known.
    pub openings: Vec<Opening>,
    /// Whether something else is there that is not understood.
    pub in_part: bool,
}

/// Reads the schedules of one service.
pub fn read(rows: &[&Row], context: &Context, remarks: &mut Remarks<'_, '_>) -> Week {
    let mut week = Week::default();
    for row in rows {
        match opening(row, context) {
            Ok(opening) => week.openings.extend(opening),
            Err(field) => {
                remarks.add("schedules", row, field);
                week.in_part = true;
            }
        }
    }
    week
}

/// An opening; none where the schedule has ended; the field that is not understood.
fn opening(row: &Row, context: &Context) -> Result<Option<Opening>, &'static str> {
    let date = |field: &'static str| row.text(field).map(|text| read_date(text).ok_or(field)).transpose();
    let (valid_from, valid_to, start, until) = (date("valid_from")?, date("valid_to")?, date("dtstart")?, date("until")?);
    let ends = [valid_to, until].into_iter().flatten().min();
    if ends.is_some_and(|ends| ends < context.today) {
        return Ok(None);
    }
    let (from, until_time) = times(row)?;
    let interval = row.text("interval").map_or(Ok(1), |text| text.parse::<u16>().ok().filter(|n| *n > 0).ok_or("interval"))?;
    for field in ["byweekno", "byyearday"] {
        if row.text(field).is_some() {
            return Err(field);
        }
    }
    let days = row.text("byday").map(|text| read_days(text).ok_or("byday")).transpose()?;
    let freq = row.text("freq").map(str::to_ascii_uppercase).ok_or("freq")?;
    let every_week = freq == "WEEKLY" || freq == "DAILY";
    let counted = row.text("count").is_some() || row.text("bymonthday").is_some();
    let nth = days.iter().flatten().any(|(nth, _)| nth.is_some());
    let mut opening = Opening { from, until: until_time, valid_from: valid_from.max(start), valid_to: ends, ..Opening::default() };
    if every_week && interval == 1 && !counted && !nth {
        opening.days = match (&days, freq.as_str(), start) {
            (Some(days), _, _) => days.iter().map(|(_, weekday)| day(*weekday).to_owned()).collect(),
            (None, "DAILY", _) => ALL_DAYS.map(str::to_owned).to_vec(),
            (None, _, Some(start)) => vec![day(start.weekday()).to_owned()],
            (None, _, None) => return Err("byday"),
        };
        opening.valid_from = opening.valid_from.filter(|from| *from > context.today);
        return Ok(Some(opening));
    }
    let rule = rule(&freq, interval, days.as_deref(), row)?;
    // Every second week counts from its first one.
    let start = match (start.or(valid_from), interval) {
        (Some(start), _) => start,
        (None, 1) if row.text("count").is_none() => context.today.saturating_sub(7.days()),
        (None, _) => return Err("dtstart"),
    };
    let horizon = context.today.saturating_add(AHEAD_DAYS.days());
    let last = ends.unwrap_or(horizon).min(horizon);
    opening.dates = Some(dates(&rule, start, (context.today.saturating_sub(1.day()), last)).ok_or("freq")?);
    opening.valid_to = Some(last);
    opening.valid_from = opening.valid_from.filter(|from| *from > context.today);
    Ok(Some(opening))
}

/// The parts of the rule, each checked: nothing else of the sender's goes into it.
fn rule(freq: &str, interval: u16, days: Option<&[(Option<i8>, Weekday)]>, row: &Row) -> Result<String, &'static str> {
    if !matches!(freq, "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY") {
        return Err("freq");
    }
    let mut rule = format!("FREQ={freq};INTERVAL={interval}");
    if let Some(days) = days {
        let nth = |nth: &Option<i8>| nth.map(|n| n.to_string()).unwrap_or_default();
        let list: Vec<String> = days
            .iter()
            .map(|(n, weekday)| format!("{}{}", nth(n), day(*weekday).to_uppercase().chars().take(2).collect::<String>()))
            .collect();
        rule.push_str(&format!(";BYDAY={}", list.join(",")));
    }
    if let Some(text) = row.text("bymonthday") {
        let list: Option<Vec<i8>> =
            text.split(',').map(|n| n.trim().parse().ok().filter(|n: &i8| *n != 0 && (-31..=31).contains(n))).collect();
        let list: Vec<String> = list.ok_or("bymonthday")?.iter().map(i8::to_string).collect();
        rule.push_str(&format!(";BYMONTHDAY={}", list.join(",")));
    }
    if let Some(text) = row.text("count") {
        rule.push_str(&format!(";COUNT={}", text.parse::<u16>().map_err(|_| "count")?));
    }
    if let Some(text) = row.text("wkst") {
        let first = read_days(text).ok_or("wkst")?;
        let [(None, weekday)] = first.as_slice() else { return Err("wkst") };
        rule.push_str(&format!(";WKST={}", day(*weekday).to_uppercase().chars().take(2).collect::<String>()));
    }
    Ok(rule)
}

/// The dates of a rule between two dates, both included; `None` where the library refuses or gives up.
fn dates(rule: &str, start: Date, (first, last): (Date, Date)) -> Option<Vec<Date>> {
    let (start_year, first_year) = (i32::from(start.year()), i32::from(first.year()));
    if first_year - start_year > 20 || start_year < 1970 || last < start {
        return (last < start).then(Vec::new);
    }
    let set: RRuleSet = format!("DTSTART:{}T000000Z\nRRULE:{rule}", start.strftime("%Y%m%d")).parse().ok()?;
    let mut all = Vec::new();
    for (count, at) in (&set).into_iter().enumerate() {
        let date: Date = at.format("%Y-%m-%d").to_string().parse().ok()?;
        if date > last {
            break;
        }
        if count > 10_000 {
            return None;
        }
        if date >= first {
            all.push(date);
        }
    }
    Some(all)
}

fn read_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let compact = || Date::strptime("%Y%m%d", text.get(..8)?).ok();
    text.get(..10).and_then(|date| date.parse().ok()).or_else(compact)
}

/// From when until when. Midnight to midnight is all day; what opens and closes at another same time is not understood.
fn times(row: &Row) -> Result<(Option<Time>, Option<Time>), &'static str> {
    let minutes = |field: &'static str| row.text(field).and_then(read_minutes).ok_or(field);
    let (opens, closes) = (minutes("opens_at")?, minutes("closes_at")?);
    let time = |minutes: i16| Time::new((minutes / 60 % 24) as i8, (minutes % 60) as i8, 0, 0).ok();
    match (opens % DAY, closes % DAY) {
        (0, 0) => Ok((None, None)),
        (a, b) if a == b => Err("closes_at"),
        _ => Ok((time(opens), time(closes))),
    }
}

const DAY: i16 = 24 * 60;

/// Minutes since midnight: `09:00`, `9:00:00Z`, `0900`, `24:00`, `9am`, `9:30 p.m.`, `noon`, `midnight`. A bare `9` may be the
/// morning or the evening, so it is not read.
fn read_minutes(text: &str) -> Option<i16> {
    let text: String = text.trim().to_ascii_lowercase().replace(['.', ' '], "");
    match text.as_str() {
        "noon" | "12noon" => return Some(720),
        "midnight" | "12midnight" => return Some(0),
        _ => {}
    }
    let clock = |text: &str| -> Option<(i16, i16, bool)> {
        let parts: Vec<&str> = text.split(':').collect();
        if !parts.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())) {
            return None;
        }
        match parts.as_slice() {
            [both] if both.len() == 4 => Some((both.get(..2)?.parse().ok()?, both.get(2..)?.parse().ok()?, true)),
            [hours] if hours.len() <= 2 => Some((hours.parse().ok()?, 0, false)),
            [hours, minutes] | [hours, minutes, _] if hours.len() <= 2 && minutes.len() == 2 => {
                Some((hours.parse().ok()?, minutes.parse().ok()?, true))
            }
            _ => None,
        }
    };
    let half = text.strip_suffix("am").map(|rest| (rest, 0)).or_else(|| text.strip_suffix("pm").map(|rest| (rest, 720)));
    if let Some((rest, after)) = half {
        let (hours, minutes, _) = clock(rest)?;
        return ((1..=12).contains(&hours) && minutes < 60).then_some(hours % 12 * 60 + minutes + after);
    }
    // HSDS lets a time carry its zone or offset: the place's own zone is the import's.
    let plain = text.trim_end_matches('z');
    let plain = plain.find(['+', '-']).and_then(|at| plain.get(..at)).unwrap_or(plain);
    let (hours, minutes, whole) = clock(plain)?;
    let good = whole && minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0));
    good.then_some(hours * 60 + minutes)
}

/// Days as RRULE writes them (`MO`, `1MO`, `-1FR`), and as people do (`Mon`, `Monday`, `MO-FR`, `Mon to Fri`, `weekdays`);
/// `None` where one of them is not understood.
fn read_days(text: &str) -> Option<Vec<(Option<i8>, Weekday)>> {
    let lower =
        text.to_lowercase().replace(['\u{2013}', '\u{2014}'], "-").replace(" through ", "-").replace(" thru ", "-").replace(" to ", "-");
    let joined = lower.split('-').map(str::trim).collect::<Vec<_>>().join("-");
    let mut all = Vec::new();
    for token in joined.split([',', ';', '/', '&', ' ']).map(str::trim).filter(|token| !token.is_empty() && *token != "and") {
        match token {
            "weekdays" => all.extend(range(Weekday::Monday, Weekday::Friday)),
            "weekends" | "weekend" => all.extend(range(Weekday::Saturday, Weekday::Sunday)),
            "daily" | "everyday" => all.extend(range(Weekday::Monday, Weekday::Sunday)),
            _ => match token.split_once('-').filter(|(first, _)| !first.is_empty()) {
                Some((first, last)) => all.extend(range(weekday(first)?, weekday(last)?)),
                None => {
                    let split = token.find(|c: char| c.is_ascii_alphabetic())?;
                    let (number, name) = token.split_at_checked(split)?;
                    let nth = if number.is_empty() {
                        None
                    } else {
                        Some(number.trim_start_matches('+').parse().ok().filter(|n: &i8| *n != 0 && (-53..=53).contains(n))?)
                    };
                    all.push((nth, weekday(name)?));
                }
            },
        }
    }
    (!all.is_empty()).then_some(all)
}

fn range(first: Weekday, last: Weekday) -> Vec<(Option<i8>, Weekday)> {
    let count = usize::try_from(first.until(last)).unwrap_or_default() + 1;
    first.cycle_forward().take(count).map(|weekday| (None, weekday)).collect()
}

fn weekday(name: &str) -> Option<Weekday> {
    let full = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = full.iter().position(|full| name.len() >= 2 && (full.starts_with(name) || name.strip_suffix('s') == Some(full)))?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}
