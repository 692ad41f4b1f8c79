//! Behaviour through HTTP, on a real server with a database of its own.

mod cases;
mod decisions;
mod disclosures;
mod family;
mod forge;
mod harness;
mod sealing;
mod service;
mod tokens;
