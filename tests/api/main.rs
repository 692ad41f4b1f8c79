//! Behaviour through HTTP, on a real server with a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod cases;
mod family;
mod forge;
mod harness;
mod sealing;
mod service;
mod tokens;
