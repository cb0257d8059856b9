//! What a network and a server do to a request.

use anydoor_core::http::{Answer, Failure, Outcome, Request};
use anydoor_tests::chance::Chance;

use crate::report::Report;
use crate::server::{Server, outcome};
use anydoor_core::base::clock::Instant;

/// A copy of a client's request that arrives by itself, later.
pub type Late = (u64, usize, Request);

pub const FAULTS: [&str; 19] = [
    "request dropped",
    "answer dropped",
    "duplicated",
    "delayed, answer lost",
    "a late copy",
    "429 seconds",
    "429 date",
    "503",
    "500 before",
    "500 after",
    "html with 200",
    "truncated json",
    "401",
    "403",
    "404",
    "410",
    "412",
    "413",
    "422",
];

/// Sends one request of a client through it all. `step` is the world's; `late` takes what arrives later.
pub fn deliver(
    server: &mut Server,
    (client, request): (usize, &Request),
    now: Instant,
    step: u64,
    late: &mut Vec<Late>,
    chance: &mut Chance,
    report: &mut Report,
) -> (Option<&'static str>, Outcome) {
    if !chance.one_in(4) {
        return (None, Ok(server.answer(client, request, now)));
    }
    let at = chance.below(FAULTS.len());
    let fault = FAULTS[at];
    report.fault(fault);
    let writes = request.body.is_some();
    let outcome = match fault {
        "request dropped" => Err(Failure::Unreachable),
        "answer dropped" => {
            server.answer(client, request, now);
            Err(Failure::NoAnswer)
        }
        "duplicated" => {
            let first = server.answer(client, request, now);
            server.answer(client, request, now);
            Ok(first)
        }
        "delayed, answer lost" => {
            if writes {
                late.push((step + 1 + chance.number() % 40, client, request.clone()));
            }
            Err(Failure::NoAnswer)
        }
        "a late copy" => {
            if writes {
                late.push((step + 1 + chance.number() % 40, client, request.clone()));
            }
            Ok(server.answer(client, request, now))
        }
        "429 seconds" => Ok(Answer { retry_after: Some("7".into()), ..outcome(429, "slow down") }),
        "429 date" => Ok(Answer { retry_after: Some("Mon, 23 Nov 2026 05:00:09 GMT".into()), ..outcome(429, "slow down") }),
        "503" => Ok(Answer { retry_after: Some("3".into()), ..outcome(503, "busy") }),
        "500 before" => Ok(outcome(500, "broken")),
        "500 after" => {
            server.answer(client, request, now);
            Ok(outcome(500, "broken, after it was done"))
        }
        "html with 200" => {
            let body = b"<html>please sign in</html>".to_vec();
            Ok(Answer { status: 200, content_type: Some("text/html".into()), body, ..Answer::default() })
        }
        "truncated json" => {
            let mut answer = server.answer(client, request, now);
            answer.body.truncate(answer.body.len() / 2);
            Ok(answer)
        }
        code => Ok(outcome(code.parse().unwrap_or(400), "no")),
    };
    (Some(fault), outcome)
}
