//! The closed sets of an incident: its door, who asked, how, and how soon.

crate::codes! {
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
