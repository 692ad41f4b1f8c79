//! sendiass
pub mod domain;
