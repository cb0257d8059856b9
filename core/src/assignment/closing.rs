//! How a visit ends: four answers per person (practice.md), or the reason why there was no contact.

crate::codes! {
    /// Where the person is now.
    Whereabouts {
        /// Where we met them, or at home.
        StayedThere = "stayed",
        /// With family or a friend.
        WithFamily = "with-family",
        /// A crisis centre or stabilisation unit.
        CrisisCentre = "crisis-centre",
        /// An emergency department.
        EmergencyDepartment = "emergency-department",
        /// A shelter.
        Shelter = "shelter",
        /// A psychiatric hospital.
        PsychiatricHospital = "psychiatric-hospital",
        /// A jail.
        Jail = "jail",
        /// Left, to where nobody knows.
        Unknown = "unknown",
    }
    /// How they got there and with whom.
    Travel {
        /// Did not travel.
        None = "none",
        /// On their own.
        OnOwn = "on-own",
        /// With family or a friend.
        WithFamily = "with-family",
        /// With our team.
        WithTeam = "with-team",
        /// By ambulance.
        Ambulance = "ambulance",
        /// With police.
        WithPolice = "with-police",
    }
    /// The person's legal status. A hold names by whom, under which law and from when, in the words of the note.
    Legal {
        /// Voluntary.
        Voluntary = "voluntary",
        /// Held under a law.
        Held = "held",
        /// In police custody.
        Custody = "custody",
    }
    /// How it closed.
    HowClosed {
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
    /// Why there was no contact.
    NoContact {
        /// Nobody was there.
        NobodyThere = "nobody-there",
        /// Nobody answered.
        NoAnswer = "no-answer",
        /// Unsafe to approach.
        UnsafeToApproach = "unsafe-to-approach",
        /// The wrong place.
        WrongPlace = "wrong-place",
        /// Cancelled on the way.
        Cancelled = "cancelled",
    }
    /// What comes next after no contact.
    NextStep {
        /// Another attempt.
        TryAgain = "try-again",
        /// A follow-up call.
        FollowUpCall = "follow-up-call",
        /// The lead decides; at high urgency only a lead closes it.
        Lead = "lead",
        /// A welfare check through 911.
        WelfareCheck = "welfare-check",
    }
}

/// The four answers, for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The crew was with the person.
    Met {
        /// Where they are now.
        whereabouts: Whereabouts,
        /// How they got there and with whom.
        travel: Travel,
        /// Their legal status.
        legal: Legal,
        /// How it closed.
        how: HowClosed,
    },
    /// The crew did not reach the person: the outcome of an attempt.
    NotMet {
        /// Why.
        reason: NoContact,
        /// What comes next.
        next: NextStep,
    },
}

impl Closing {
    /// How it closed.
    pub fn how(self) -> HowClosed {
        match self {
            Self::Met { how, .. } => how,
            Self::NotMet { .. } => HowClosed::NoContact,
        }
    }
}
