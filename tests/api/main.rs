//! Behaviour through HTTP, on a real server with a database of its own.

mod family;
mod harness;
mod service;
