//! Passing information on: what is asked, what the decision may look at, and why it is refused.
//!
//! `asked` holds the request shapes of the contract and the form in which the decision takes them, `facts` all that the decision may look at,
//! `refusal` the answer that is no,
//! `grounds` what is kept of both. The answer that is yes is `policy::disclosure::Grant`, which only the decision can make.

mod asked;
mod checked;
mod facts;
mod grounds;
mod parse;
mod recorded;
mod refusal;

pub use asked::{
    Ask, AskRecipient, AskedBasis, CopyTo, DisclosureContent, DisclosureRecipient, NewDisclosure, NewDisclosureCheck, NewSafeguarding,
    ReliedOn, UnregisteredRecipient,
};
pub use checked::{CheckObjection, CheckReason, DisclosureCheck, Heard, HeardAs};
pub use facts::{
    AnonymityFacts, CapacityFact, ConsentFact, Facts, FamilyFacts, Limits, NoteFact, ParticipantFact, PersonFact, PrFact, RecipientFact,
    SarFacts, WithheldFact,
};
pub use grounds::{AsNamed, Grounds};
pub use recorded::{Annotation, Decided, Disclosure, DisclosureSummary, LogEntryRef, NewAnnotation, PolicyRef, SentTo};
pub use refusal::{Conflict, Failing, Refusal, RefusalCode, RefusalRule, TextRange};
