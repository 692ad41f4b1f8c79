//! The confidentiality policy, pure: from facts to a decision, without clocks, databases or HTTP.

pub mod anonymity;
pub mod authority;
pub mod bearing;
pub mod consent;
pub mod deadlines;
pub mod disclosure;
pub mod merging;
pub mod retention;
pub mod safeguarding;
pub mod subject_access;
