//! How a visit closed, as the nearest APCO disposition (ANS 1.111.2, EIDO Common Disposition Code registry). Our own words
//! go out beside it: the code alone would say "refused" where a person declined.

use super::HowClosed;
use crate::door::eido::Disposition;

/// The nearest code, and its official text.
pub fn nearest(how: HowClosed) -> (&'static str, &'static str) {
    match how {
        HowClosed::Stabilised => ("18", "Assignment Completed/Settled By Contact"),
        HowClosed::Referred | HowClosed::PassedTo911 | HowClosed::PassedTo988 => {
            ("15", "Referred to partner agency/Animal Control/Medics/Fire, etc")
        }
        HowClosed::Declined => ("42", "Patient Refused Evaluation/Care"),
        // Not 38, "No Patient Found": that says there is nobody, and we only did not reach them.
        HowClosed::NoContact => ("14", "Gone On Arrival (GOA)/Unable To Locate (UATL)"),
        HowClosed::Withdrew => ("35", "Standby-No Services or Support Provided"),
        HowClosed::Died => ("39", "Patient Dead at Scene-No EMS Transport"),
        HowClosed::Cancelled => ("10", "Event Cancelled"),
    }
}

/// The disposition that goes out: the nearest code beside our own words.
pub fn disposition(how: HowClosed, words: &str, primary: bool) -> Disposition {
    Disposition { code: nearest(how).0.to_owned(), words: words.to_owned(), primary }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Code;

    #[test]
    fn every_ending_has_a_code_of_the_registry_with_its_official_text() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/eido/registries.csv");
        let Ok(registry) = std::fs::read_to_string(path) else {
            eprintln!("SKIPPED: {path} is not here");
            return;
        };
        for how in HowClosed::ALL {
            let (code, text) = nearest(*how);
            let quoted = format!("EIDO-CommonDispositionCode,{code},\"{text}\",");
            let plain = format!("EIDO-CommonDispositionCode,{code},{text},");
            assert!(registry.contains(&quoted) || registry.contains(&plain), "{how:?}");
        }
    }
}
