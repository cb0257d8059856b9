//! The law's lines, said a second time from its own sentences, and not from the table. Each holds over every cell.

use super::matrix::{AboutWhom, Cell, DecidedBy, Ground, Information, Origin, Receiving, TABLE, UNSAID, row};
use super::{Verdict, WithheldReason};
use crate::base::Code;

fn cells() -> impl Iterator<Item = Cell> {
    Origin::ALL.iter().flat_map(|origin| {
        Information::ALL.iter().flat_map(move |kind| {
            AboutWhom::ALL.iter().flat_map(move |about| {
                Receiving::ALL.iter().flat_map(move |to| {
                    Ground::ALL.iter().map(move |on| Cell { origin: *origin, kind: *kind, about: *about, to: *to, on: *on })
                })
            })
        })
    })
}

fn verdict(cell: Cell) -> Verdict {
    row(cell).verdict
}

fn told(cell: Cell) -> bool {
    verdict(cell) == Verdict::Told
}

#[test]
fn every_cell_has_its_row_with_a_source_and_every_row_a_cell() {
    let all: Vec<Cell> = cells().collect();
    assert_eq!(all.len(), 9 * 4 * 3 * 19 * 9);
    for cell in &all {
        assert!(!std::ptr::eq(row(*cell), &raw const UNSAID), "{cell:?}");
        let source = row(*cell).source;
        assert!(
            ["CFR", "policy", "their own record", "as that agency allows"].iter().any(|word| source.contains(word)),
            "{cell:?} {source}"
        );
    }
    for one in TABLE {
        assert!(all.iter().any(|cell| std::ptr::eq(row(*cell), one)), "nothing comes to the row: {}", one.source);
    }
}

/// 42 CFR 2.12(d)(1), 2.13: no Part 2 to law enforcement or where they read, but for 2.12(c)(5) and an order under subpart E,
/// each by a named person.
#[test]
fn no_part_2_reaches_law_enforcement_or_where_they_read() {
    let police = [Receiving::Police, Receiving::TribalPolice, Receiving::PsapPoliceRead, Receiving::Custody, Receiving::HoldOfficer];
    for cell in cells().filter(|cell| cell.origin == Origin::Part2 && police.contains(&cell.to)) {
        assert!(!told(cell), "{cell:?}");
        if matches!(verdict(cell), Verdict::Decide(_)) {
            assert!(matches!(cell.on, Ground::CrimeOnPremises | Ground::SubpartE), "{cell:?}");
        }
    }
}

/// 42 CFR 2.31, 2.51: beside a signed consent, Part 2 reaches medical personnel who treat in a medical emergency, and nobody
/// else without a person's decision. Spoken words, treatment and a statute allow nothing more than no basis does.
#[test]
fn part_2_goes_with_a_signed_consent_or_to_who_treats_in_an_emergency() {
    for cell in cells().filter(|cell| cell.origin == Origin::Part2 && told(*cell)) {
        let signed = matches!(cell.on, Ground::Signed | Ground::SignedClass);
        let emergency = cell.kind == Information::DangerToLife && matches!(cell.to, Receiving::Ems | Receiving::JailMedical);
        assert!(signed || emergency, "{cell:?}");
        assert_ne!(cell.about, AboutWhom::Other, "2.13: the patient's own consent or emergency, {cell:?}");
    }
    for cell in cells().filter(|cell| cell.origin == Origin::Part2 && matches!(cell.on, Ground::Spoken | Ground::Treatment)) {
        assert_eq!(verdict(cell), verdict(Cell { on: Ground::Nothing, ..cell }), "{cell:?}");
    }
    // A class consent is for treatment, payment and operations: none of these receivers is in the class.
    let outside = [Receiving::NonTreating, Receiving::School, Receiving::Supporter];
    for cell in cells().filter(|c| c.origin == Origin::Part2 && c.on == Ground::SignedClass && outside.contains(&c.to)) {
        assert!(!told(cell), "{cell:?}");
    }
}

/// 45 CFR 164.512(j): to a call-taker or police, from any origin but their own, danger to life and what is needed to reach,
/// find and approach, and no other thing.
#[test]
fn a_call_taker_and_police_get_the_first_two_kinds_and_what_is_their_own() {
    for cell in cells() {
        let own = match cell.to {
            Receiving::Psap | Receiving::PsapPoliceRead => cell.origin == Origin::Call911,
            Receiving::Police => cell.origin == Origin::Police,
            Receiving::TribalPolice => false,
            _ => continue,
        };
        let first_two = matches!(cell.kind, Information::DangerToLife | Information::Approach);
        if !own && !first_two {
            assert!(!told(cell), "{cell:?}");
        }
        if cell.origin == Origin::Wishes && !first_two {
            assert!(matches!(verdict(cell), Verdict::Withheld(_)) || cell.kind == Information::DangerToOthers, "{cell:?}");
        }
    }
}

/// Both of these reach EMS and the call-taker at once, whatever the basis and whomever they are about; Part 2 by 2.51.
#[test]
fn danger_to_life_and_approach_reach_ems_and_the_call_taker_at_once() {
    for cell in cells().filter(|cell| matches!(cell.kind, Information::DangerToLife | Information::Approach)) {
        let (dispatch, ems) = (matches!(cell.to, Receiving::Psap | Receiving::PsapPoliceRead), cell.to == Receiving::Ems);
        if cell.origin != Origin::Part2 && (dispatch || ems || matches!(cell.to, Receiving::Police | Receiving::TribalPolice)) {
            assert!(told(cell), "{cell:?}");
        }
        if cell.origin == Origin::Part2 && ems && cell.kind == Information::DangerToLife && cell.about == AboutWhom::Them {
            assert!(told(cell), "{cell:?}");
            let source = row(cell).source;
            assert!(source.contains("2.51") || source.contains("2.31"), "{source}");
        }
    }
}

/// 45 CFR 164.506(c), 164.510(b): another person's things never pass under this person's basis. Only a law that names them
/// covers them.
#[test]
fn no_basis_of_this_person_opens_another_persons_things() {
    for cell in cells().filter(|cell| cell.about == AboutWhom::Other) {
        let without = verdict(Cell { on: Ground::Nothing, ..cell });
        if matches!(cell.on, Ground::Treatment | Ground::Spoken | Ground::Signed | Ground::SignedClass | Ground::Emergency) {
            assert_eq!(verdict(cell), without, "{cell:?}");
        }
    }
}

#[test]
fn whom_a_person_must_decide_about() {
    for cell in cells() {
        match cell.to {
            // 164.512(j)(1)(i)(B): a warning is a clinician's decision and tells of the danger alone.
            Receiving::Threatened => assert!(
                if cell.kind == Information::DangerToOthers && cell.origin != Origin::Part2 {
                    verdict(cell) == Verdict::Decide(DecidedBy::Clinician)
                } else {
                    matches!(verdict(cell), Verdict::Withheld(_))
                },
                "{cell:?}"
            ),
            // An interpreter hears; no document exists for them.
            Receiving::Interpreter => assert_eq!(verdict(cell), Verdict::Withheld(WithheldReason::HearsOnly)),
            // 164.510(b): a supporter gets what was allowed; listening is never disclosure.
            Receiving::Supporter if !matches!(cell.on, Ground::Spoken | Ground::Signed) => assert!(!told(cell), "{cell:?}"),
            // 164.512(g), 164.510(b)(5): after a death nothing goes by itself.
            Receiving::Coroner | Receiving::FamilyAfterDeath => assert!(!told(cell), "{cell:?}"),
            // 164.512(b)(1)(ii), (c): a report names its law.
            Receiving::Cps if cell.on != Ground::Law && cell.origin != Origin::Part2 => assert!(!told(cell), "{cell:?}"),
            // 164.512(k)(5): suicide risk, withdrawal, medicines, injury. Silence here kills.
            Receiving::Custody | Receiving::JailMedical if cell.kind == Information::DangerToLife && cell.origin != Origin::Part2 => {
                assert!(told(cell), "{cell:?}");
            }
            // 164.508: without treatment an authorisation is signed.
            Receiving::NonTreating | Receiving::School if told(cell) => {
                assert!(matches!(cell.on, Ground::Signed | Ground::Law | Ground::Emergency), "{cell:?}");
            }
            // 164.502(a): a service gets nothing without a basis.
            Receiving::Treating if cell.on == Ground::Nothing => assert!(!told(cell), "{cell:?}"),
            _ => {}
        }
    }
}

/// A police record is its agency's: beyond danger it reaches police alone.
#[test]
fn a_police_record_is_told_beyond_danger_to_police_alone() {
    for cell in cells().filter(|cell| cell.origin == Origin::Police && cell.kind == Information::Rest && told(*cell)) {
        assert_eq!(cell.to, Receiving::Police, "{cell:?}");
    }
}
