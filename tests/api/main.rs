//! Behaviour through HTTP, on a real server with a database of its own.

mod decisions;
mod disclosures;
mod family;
mod harness;
mod service;
