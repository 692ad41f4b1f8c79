//! What is wrong with a request, in a form that points at the place and never quotes the value.

/// One thing that is wrong with a request, found by a rule of the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: a JSON pointer into the body, such as `#/noteIds/0`.
    pub pointer: String,
    /// Which rule, lower_snake.
    pub rule: &'static str,
    /// What it asks, in fixed words.
    pub detail: &'static str,
}

impl Fault {
    /// A fault at this place.
    #[must_use]
    pub fn new(pointer: impl Into<String>, rule: &'static str, detail: &'static str) -> Self {
        Self { pointer: pointer.into(), rule, detail }
    }
}
