//! Behaviour through HTTP, on a real server with a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod access_log;
mod anonymous;
mod apart;
mod bundles;
mod canaries;
mod cases;
mod caseworkers;
mod checkpoints;
mod consent_care;
mod consents;
mod contract;
mod decisions;
mod disclosures;
mod edges;
mod export;
mod family;
mod foreign;
mod forge;
mod harness;
mod information_requests;
mod kept;
mod legal_requests;
mod liaison;
mod limits;
mod long;
mod merges;
mod proofs;
mod protections;
mod queries;
mod receipts;
mod recipients;
mod referrals;
mod relocation;
mod repeats;
mod restricted_notes;
mod safeguarding;
mod scope;
mod sealing;
mod selfcheck;
mod service;
mod sides;
mod timeline;
mod tokens;
mod world;
