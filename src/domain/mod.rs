//! The words of the service: plain types, no behaviour that could be a decision. They are the shapes of the contract, too.

pub mod access_log;
pub mod action;
pub mod anonymity;
pub mod capacity;
pub mod case;
pub mod consent;
pub mod disclosure;
pub mod fault;
pub mod idempotency;
pub mod ids;
pub mod information_request;
pub mod log;
pub mod note;
pub mod page;
pub mod participant;
pub mod patch;
pub mod person;
pub mod recipient;
pub mod referral;
pub mod service;
pub mod staff;
pub mod task;
pub mod text;
pub mod time;
pub mod timeline;
pub mod vocabulary;
