//! How a visit closed, as the nearest APCO disposition (ANS 1.111.2, EIDO Common Disposition Code registry). Our own words
//! go out beside it: the code alone would say "refused" where a person declined.

use super::eido::Disposition;

crate::codes! {
    /// How it closed: the same texts as `assignment::HowClosed`, which comes later in the reading order.
    ClosedHow {
        /// Stabilised on the spot.
        Stabilised = "stabilised",
        /// Referred on.
        Referred = "referred",
        /// The person declined.
        Declined = "declined",
        /// Did not reach the person.
        NoContact = "no-contact",
        /// The team withdrew for safety.
        Withdrew = "team-withdrew",
        /// The person died.
        Died = "died",
        /// Passed to 911.
        PassedTo911 = "passed-to-911",
        /// Passed to 988.
        PassedTo988 = "passed-to-988",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

/// The nearest code, and its official text.
pub fn nearest(how: ClosedHow) -> (&'static str, &'static str) {
    match how {
        ClosedHow::Stabilised => ("18", "Assignment Completed/Settled By Contact"),
        ClosedHow::Referred | ClosedHow::PassedTo911 | ClosedHow::PassedTo988 => {
            ("15", "Referred to partner agency/Animal Control/Medics/Fire, etc")
        }
        ClosedHow::Declined => ("42", "Patient Refused Evaluation/Care"),
        // Not 38, "No Patient Found": that says there is nobody, and we only did not reach them.
        ClosedHow::NoContact => ("14", "Gone On Arrival (GOA)/Unable To Locate (UATL)"),
        ClosedHow::Withdrew => ("35", "Standby-No Services or Support Provided"),
        ClosedHow::Died => ("39", "Patient Dead at Scene-No EMS Transport"),
        ClosedHow::Cancelled => ("10", "Event Cancelled"),
    }
}

/// The disposition that goes out: the nearest code beside our own words.
pub fn disposition(how: ClosedHow, words: &str, primary: bool) -> Disposition {
    Disposition { code: nearest(how).0.to_owned(), words: words.to_owned(), primary }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Code;

    #[test]
    fn every_ending_has_a_code_of_the_registry_with_its_official_text() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/eido/registries.csv");
        let Ok(registry) = std::fs::read_to_string(path) else {
            eprintln!("SKIPPED: {path} is not here");
            return;
        };
        for how in ClosedHow::ALL {
            let (code, text) = nearest(*how);
            let quoted = format!("EIDO-CommonDispositionCode,{code},\"{text}\",");
            let plain = format!("EIDO-CommonDispositionCode,{code},{text},");
            assert!(registry.contains(&quoted) || registry.contains(&plain), "{how:?}");
        }
    }
}
