//! The words of the service: plain types, no behaviour that could be a decision.

pub mod anonymity;
pub mod ids;
pub mod page;
pub mod text;
pub mod time;
pub mod vocabulary;
