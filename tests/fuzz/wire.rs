//! Headers: Retry-After, Date, ETag, Location.

use std::time::Duration;

use anydoor_core::base::clock::Instant;
use anydoor_core::http::{Answer, retry_after};
use bolero::produce;

use crate::fuzz;
use crate::mangle::{mangles, text_bytes};

const WAITS: [&str; 6] = [
    "120",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "18446744073709551616",
    "Mon, 23 Nov 2026 05:00:00 +2359",
    "-5",
];

#[test]
fn a_wait_is_never_negative_and_never_longer_than_an_hour() {
    let now: Instant = "2026-11-23T05:00:00Z".parse().unwrap();
    fuzz!(mangles(), |(seed, mangles)| {
        let bytes = text_bytes(WAITS[usize::from(*seed) % WAITS.len()], mangles);
        let text = String::from_utf8_lossy(&bytes);
        for now in [now, Instant::MIN, Instant::MAX] {
            if let Some(wait) = retry_after(&text, now) {
                assert!(wait <= Duration::from_secs(3600), "{text:?}: {wait:?}");
            }
        }
    });
}

#[test]
fn a_version_is_never_empty() {
    fuzz!(produce::<(String, String, bool)>(), |(etag, location, history)| {
        let location = if *history { format!("Task/a/_history/{location}") } else { location.clone() };
        for etag in [Some(etag.clone()), Some(format!("W/\"{etag}\"")), None] {
            let answer = Answer { status: 200, etag, location: Some(location.clone()), ..Answer::default() };
            assert_ne!(answer.version().as_deref(), Some(""));
        }
    });
}
