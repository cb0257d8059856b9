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
        impl $crate::base::Code for $name {
            const ALL: &'static [Self] = &[$(Self::$value,)+];
            fn code(self) -> &'static str { match self { $(Self::$value => $text,)+ } }
        }
    )+};
}
