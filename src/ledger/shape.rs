//! What the body of an entry may say, for whoever does not trust the service: the fields of each log, what each may hold, and which belong to
//! which kind of entry. It is checked while the body is read, without a copy of it.

mod fields;
mod forms;

use std::borrow::Cow;

use super::access;
use super::entry;
use super::leaf::Malformed;
use super::read::Reader;
use crate::domain::vocabulary::{AccessLogKind, DisclosureLogKind, Vocabulary};
use fields::{ACCESS, DECIDED, DISCLOSURE, Field, Form, MOST, NAMING, OF_LOG};
use forms::uuid;

/// Why a body is none of this log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not canonical.
    Form(Malformed),
    /// It has a field that this log does not have.
    Field,
    /// It lacks this field.
    Missing(&'static str),
    /// This field holds what it cannot.
    Value(&'static str),
    /// What it says does not belong to its kind.
    Kind,
}

impl From<Malformed> for Wrong {
    fn from(malformed: Malformed) -> Self {
        Self::Form(malformed)
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Form(malformed) => malformed.fmt(f),
            Self::Field => f.write_str("it has a field that this log does not have"),
            Self::Missing(name) => write!(f, "it lacks the field `{name}`"),
            Self::Value(name) => write!(f, "the field `{name}` holds what it cannot"),
            Self::Kind => f.write_str("what it says does not belong to its kind"),
        }
    }
}

impl std::error::Error for Wrong {}

/// What is needed of an entry beyond its own correctness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Its id.
    pub id: u128,
    /// When it was written.
    pub at: Cow<'a, str>,
    /// What it tells.
    pub kind: Cow<'a, str>,
    /// The entry it is about.
    pub related: Option<u128>,
    /// The name that it gives the log.
    pub origin: Option<Cow<'a, str>>,
}

/// What one kind of entry has besides what all have.
#[derive(Clone, Debug)]
struct Kind {
    word: &'static str,
    outcome: &'static str,
    needs: u64,
    bars: u64,
}

/// The shape of the entries of one log.
#[derive(Clone, Debug)]
pub struct Shape {
    fields: &'static [Field],
    kinds: Vec<Kind>,
}

impl Shape {
    /// That of the log of this name: the middle of `<service>/<log>/<deployment>` says which it is.
    #[must_use]
    pub fn of(origin: &str) -> Option<Self> {
        match origin.split('/').collect::<Vec<_>>().as_slice() {
            [_, "disclosure", _] => Some(Self::disclosure()),
            [_, "access", _] => Some(Self::access()),
            _ => None,
        }
    }

    fn disclosure() -> Self {
        use DisclosureLogKind as K;
        let kind = |kind: &K| {
            let (needs, bars): (&[&[&str]], &[&[&str]]) = match kind {
                K::DisclosureMade => (&[DECIDED], &[NAMING, OF_LOG, &["rules"]]),
                K::DisclosureRefused => (&[DECIDED, &["rules"]], &[NAMING, OF_LOG]),
                K::DecidedNotToShare => (&[&["case", "decidedBy", "reason"]], &[NAMING, OF_LOG, &["rules"]]),
                K::DisclosureRecalled | K::DisclosureCorrected | K::SubjectNotified => (&[&["case"]], &[NAMING, OF_LOG, &["rules"]]),
                K::RecipientNotifiedOfErasure => (&[&["case", "decidedBy"]], &[NAMING, OF_LOG, &["rel", "rules"]]),
                K::CaseDisposed => (&[&["case", "decidedBy", "disposed"]], &[NAMING, &["follows", "recipient", "rel", "rotated", "rules"]]),
                K::LogGenesis => (&[NAMING], &[&["case", "disposed", "follows", "rel", "rotated", "rules"]]),
                K::LogRecovered => (&[NAMING], &[&["case", "disposed", "rel", "rotated", "rules"]]),
                K::KeyRotated => (&[&["rotated"]], &[NAMING, &["case", "disposed", "follows", "rel", "rules"]]),
                _ => (&[], &[]),
            };
            Kind {
                word: kind.as_str(),
                outcome: entry::outcome(*kind).as_str(),
                needs: mask(DISCLOSURE, needs),
                bars: mask(DISCLOSURE, bars),
            }
        };
        Self { fields: DISCLOSURE, kinds: K::ALL.iter().map(kind).collect() }
    }

    fn access() -> Self {
        use AccessLogKind as K;
        let kind = |kind: &K| {
            let (needs, bars): (&[&[&str]], &[&[&str]]) = match kind {
                K::Read | K::Listed | K::Searched | K::Created | K::Changed | K::Exported | K::Refused => (&[], &[NAMING, OF_LOG]),
                K::CaseDisposed => (&[&["cases"]], &[NAMING, OF_LOG, &["auditReference"]]),
                K::LogGenesis => (&[NAMING], &[&["auditReference", "cases", "follows", "rotated"]]),
                K::LogRecovered => (&[NAMING], &[&["auditReference", "cases", "rotated"]]),
                K::KeyRotated => (&[&["rotated"]], &[NAMING, &["auditReference", "cases", "follows"]]),
                K::LogPruned => (&[], &[]),
            };
            Kind { word: kind.as_str(), outcome: access::outcome(*kind).as_str(), needs: mask(ACCESS, needs), bars: mask(ACCESS, bars) }
        };
        Self { fields: ACCESS, kinds: K::ALL.iter().map(kind).collect() }
    }

    /// Whether its entries are about each other: those of the disclosure log.
    #[must_use]
    pub fn relates(&self) -> bool {
        self.has("rel")
    }

    /// Whether its entries have this field.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|known| known.name == field)
    }

    /// Whether its entries are of this kind.
    #[must_use]
    pub fn tells(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| known.word == kind)
    }

    /// What is needed of the entry in these bytes, if they are one of this log to the last one.
    pub fn check<'a>(&self, body: &'a [u8]) -> Result<Facts<'a>, Wrong> {
        let mut reader = Reader::new(body)?;
        let mut facts = Facts::default();
        let mut outcome = Cow::Borrowed("");
        let present = object(&mut reader, self.fields, |field, text| match field.name {
            "id" => facts.id = uuid(&text).unwrap_or_default(),
            "at" => facts.at = text,
            "kind" => facts.kind = text,
            "outcome" => outcome = text,
            "rel" => facts.related = uuid(&text),
            "origin" => facts.origin = Some(text),
            _ => {}
        })?;
        reader.end()?;
        let kind = self.kinds.iter().find(|kind| kind.word == facts.kind).ok_or(Wrong::Kind)?;
        let belongs = kind.outcome == outcome && present & kind.needs == kind.needs && present & kind.bars == 0;
        if belongs { Ok(facts) } else { Err(Wrong::Kind) }
    }
}

fn mask(fields: &[Field], names: &[&[&str]]) -> u64 {
    let place = |name: &&str| fields.iter().position(|field| field.name == *name);
    names.iter().flat_map(|names| names.iter().filter_map(place)).fold(0, |mask, place| mask | 1 << place)
}

/// Reads an object of these fields; each text is told. Which of the fields are there is answered, a bit each.
fn object<'a>(reader: &mut Reader<'a>, fields: &'static [Field], mut tell: impl FnMut(&'static Field, Cow<'a, str>)) -> Result<u64, Wrong> {
    let (mut rest, mut present) = (fields.iter().enumerate(), 0);
    // Keys ascend, and so do the fields: they are gone through together, once.
    reader.object(|reader, key| {
        let (place, field) = loop {
            match rest.next() {
                Some((place, field)) if field.name == key => break (place, field),
                Some((_, field)) if field.name > key => return Err(Wrong::Field),
                Some((_, field)) if field.always => return Err(Wrong::Missing(field.name)),
                Some(_) => {}
                None => return Err(Wrong::Field),
            }
        };
        present |= 1 << place;
        if let Some(text) = value(reader, field.name, &field.form)? {
            tell(field, text);
        }
        Ok(())
    })?;
    match rest.find(|(_, field)| field.always) {
        Some((_, field)) => Err(Wrong::Missing(field.name)),
        None => Ok(present),
    }
}

/// Reads a value of this form. A text is answered.
fn value<'a>(reader: &mut Reader<'a>, name: &'static str, form: &'static Form) -> Result<Option<Cow<'a, str>>, Wrong> {
    let fits = match form {
        Form::Version => reader.integer()? == 1,
        Form::Flag => reader.boolean().map(|_| true)?,
        Form::Number(least, most) => (*least..=*most).contains(&reader.integer()?),
        Form::Object(fields) => object(reader, fields, |_, _| ()).map(|_| true)?,
        Form::List(form) => {
            let mut count = 0;
            reader.array(|reader| {
                count += 1;
                value(reader, name, form).map(drop)
            })?;
            (1..=MOST).contains(&count)
        }
        Form::Text(passes) => {
            let text = reader.string()?;
            if passes(&text) {
                return Ok(Some(text));
            }
            false
        }
    };
    if fits { Ok(None) } else { Err(Wrong::Value(name)) }
}

#[cfg(test)]
mod tests;
