//! Codes: small closed sets that travel as text. An unknown text is not guessed at: parsing gives `None` (P30).

/// A closed set of values, each with the text that travels.
pub trait Code: Sized + Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];
    /// The text that travels and is stored.
    fn code(self) -> &'static str;
    /// The value with this text; `None` for one that this release does not know.
    fn from_code(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.code() == text)
    }
}

/// Declares a closed set of codes: `codes! { /// doc  Name { /// doc  Value = "text", … } }`.
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $value:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $value,)+ }
        impl $crate::incident::Code for $name {
            const ALL: &'static [Self] = &[$(Self::$value,)+];
            fn code(self) -> &'static str { match self { $(Self::$value => $text,)+ } }
        }
    )+};
}

codes! {
    /// The door a call came through. It must not matter which.
    Door {
        /// 911, by CAD.
        Line911 = "911",
        /// 988, by a centre's order.
        Line988 = "988",
        /// The agency's own line.
        AgencyLine = "agency-line",
        /// The team itself, in person or on view.
        OnView = "on-view",
    }
    /// Who asked.
    AskedBy {
        /// The person themself.
        Person = "person",
        /// Family or a friend.
        Family = "family",
        /// A provider of care.
        Provider = "provider",
        /// A school.
        School = "school",
        /// Police.
        Police = "police",
        /// Emergency medical services.
        Ems = "ems",
        /// A stranger.
        Stranger = "stranger",
        /// The team began it.
        Team = "team",
        /// Nobody said.
        Unknown = "unknown",
    }
    /// How they asked.
    Channel {
        /// By voice.
        Voice = "voice",
        /// By text message.
        Text = "text",
        /// By chat.
        Chat = "chat",
        /// Through a relay service.
        Relay = "relay",
        /// By video.
        Video = "video",
        /// Face to face.
        InPerson = "in-person",
        /// Nobody said.
        Unknown = "unknown",
    }
    /// How soon; the order of the values is the order of urgency.
    Urgency {
        /// Life at risk now.
        Emergent = "emergent",
        /// Within the hour.
        Urgent = "urgent",
        /// Today.
        Routine = "routine",
    }
}
