//! Personal text. It is shown to those who may read it, and to nothing else: `Debug` never prints it.

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $max:tt;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(min_length = 1, max_length = $max)]
        pub struct $name(pub String);

        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether there is nothing in it that can be seen.
            #[must_use]
            pub fn is_blank(&self) -> bool {
                super::spelling::is_blank(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

texts! {
    /// A name or another short text, at most 200 characters.
    Name, 200;
    /// A long text, at most 20,000 characters.
    LongText, 20_000;
}

/// Whether it is not said, or nothing of it can be seen.
#[must_use]
pub fn blank(text: Option<&LongText>) -> bool {
    text.is_none_or(LongText::is_blank)
}
