//! What leaves as a letter on paper or on a screen: its words, and how it is set. Pure: from what it says to the bytes of a file.

mod extract;
mod letter;
mod notes;
mod receipt;
mod subject_access;
mod words;

pub use extract::extract;
pub use letter::Unwritten;
pub use receipt::receipt;
pub use subject_access::subject_access;
