//! The figures that do not flatter (practice.md), read from the server alone.

use anydoor_core::assignment::{HowClosed, StampKind, State, status};
use anydoor_core::base::Code;
use anydoor_core::base::clock::Instant;
use anydoor_core::fhir::{self, element};

use crate::gateway::{Gateway, GatewayError};

/// What became of one assignment.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The assignment's id.
    pub assignment: String,
    /// First contact at any door.
    pub first_contact: Option<Instant>,
    /// When a response was determined to be needed.
    pub determined: Instant,
    /// When the crew was with the person.
    pub contact: Option<Instant>,
    /// Where it stands.
    pub state: State,
    /// How each visit closed.
    pub closed: Vec<HowClosed>,
}

/// Reads the outcomes of these assignments from the server.
///
/// # Errors
/// [`GatewayError`].
pub async fn outcomes(gateway: &Gateway, assignments: &[String]) -> Result<Vec<Outcome>, GatewayError> {
    let mut all = Vec::new();
    for assignment in assignments {
        let task = gateway.read(&format!("Task/{assignment}")).await?;
        let Some(focus) = task.text("/focus/reference") else { continue };
        let request = gateway.read(focus).await?;
        let stamps: Vec<_> = gateway
            .search(&format!("Provenance?target=Task/{assignment}&_count=200"))
            .await?
            .iter()
            .filter_map(|doc| fhir::assignment::read_stamp(doc).ok())
            .collect();
        let visits = gateway.search(&format!("Encounter?based-on={focus}&_count=200")).await?;
        let visits = visits.iter().filter_map(|doc| fhir::assignment::read_visit(doc).ok()).filter(|v| v.assignment.as_str() == assignment);
        let first = element::extension_text(request.value(), "first-contact", "valueInstant").and_then(|t| t.parse().ok());
        let Some(determined) = request.instant("/authoredOn") else { continue };
        all.push(Outcome {
            assignment: assignment.clone(),
            first_contact: first,
            determined,
            contact: stamps.iter().filter(|s| s.kind == StampKind::Contact).map(anydoor_core::assignment::Stamp::at).min(),
            state: status(&stamps).state,
            closed: visits.filter_map(|v| v.closing.map(|c| c.how())).collect(),
        });
    }
    Ok(all)
}

/// What cannot be, in words: somebody reached before anyone asked, or before a response was determined to be needed. A median
/// over such a clock says nothing, and must not be printed as if it did.
pub fn impossible(outcomes: &[Outcome]) -> Vec<String> {
    let wrong = |outcome: &Outcome| {
        let contact = outcome.contact.filter(|contact| *contact < outcome.determined);
        let early = outcome.first_contact.filter(|first| *first > outcome.determined);
        let of = &outcome.assignment;
        contact
            .map(|at| format!("Task/{of}: with the person at {at}, before {} when it was determined to be needed", outcome.determined))
            .or_else(|| early.map(|at| format!("Task/{of}: first contact at {at}, after {} when it was determined", outcome.determined)))
    };
    outcomes.iter().filter_map(wrong).collect()
}

/// Median, ninetieth percentile and longest, in whole minutes; `None` of nothing.
pub fn spread(mut seconds: Vec<i64>) -> Option<(i64, i64, i64)> {
    seconds.sort_unstable();
    let at = |percent: usize| seconds.get((seconds.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Some((at(50)? / 60, at(90)? / 60, seconds.last().copied()? / 60))
}

/// The table's lines.
pub fn table(outcomes: &[Outcome]) -> Vec<String> {
    let since = |from: &dyn Fn(&Outcome) -> Option<Instant>| {
        let seconds = outcomes.iter().filter_map(|o| Some(o.contact?.duration_since(from(o)?).as_secs())).collect();
        spread(seconds).map_or("nobody".to_owned(), |(median, ninetieth, longest)| {
            format!("median {median} min, 90th {ninetieth} min, longest {longest} min")
        })
    };
    let met = outcomes.iter().filter(|o| o.contact.is_some()).count();
    let cancelled = outcomes.iter().filter(|o| o.contact.is_none() && o.state == State::Cancelled).count();
    let waiting = outcomes.iter().filter(|o| o.contact.is_none() && !o.state.is_terminal()).count();
    let never = outcomes.len() - met - cancelled - waiting;
    let mut lines = vec![
        format!("{:<34}{}", "first contact → with the person", since(&|o| o.first_contact)),
        format!("{:<34}{}", "need determined → with the person", since(&|o| Some(o.determined))),
        format!(
            "{:<34}{met} reached · {never} never reached · {waiting} still waiting · {cancelled} cancelled, of {}",
            "in the same table",
            outcomes.len()
        ),
    ];
    let closed: Vec<HowClosed> = outcomes.iter().flat_map(|o| o.closed.clone()).collect();
    let counts: Vec<String> = HowClosed::ALL
        .iter()
        .map(|how| (how, closed.iter().filter(|c| *c == how).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(how, count)| format!("{} {count}", how.code()))
        .collect();
    lines.push(format!("{:<34}{}", "how visits closed", counts.join(" · ")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_the_one_it_follows_is_named() {
        let at = |minute: i64| Instant::UNIX_EPOCH + jiff::SignedDuration::from_mins(minute);
        let of = |first: Option<i64>, determined: i64, contact: Option<i64>| Outcome {
            assignment: "a".into(),
            first_contact: first.map(at),
            determined: at(determined),
            contact: contact.map(at),
            state: State::Clear,
            closed: vec![],
        };
        let fine = [of(Some(0), 4, Some(20)), of(None, 4, None), of(Some(4), 4, Some(4))];
        assert!(impossible(&fine).is_empty());
        assert!(impossible(&[of(Some(0), 300, Some(7))])[0].contains("before"));
        assert!(impossible(&[of(Some(9), 4, Some(20))])[0].contains("first contact"));
    }

    #[test]
    fn the_longest_is_never_hidden_and_the_ninetieth_is_one_that_happened() {
        assert_eq!(spread(vec![60, 120, 180, 240, 300, 360, 420, 480, 540, 6000]), Some((5, 9, 100)));
        assert_eq!(spread(Vec::new()), None);
    }
}
