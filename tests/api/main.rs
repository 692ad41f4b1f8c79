//! Behaviour through HTTP, on a real server with a database of its own.

mod cases;
mod family;
mod harness;
mod service;
