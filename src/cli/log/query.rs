//! `sendiass log query`: the filters of the lists of the logs, over a bundle that was verified and without the service.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value};

use super::source::{Ended, Source};
use super::verify::{Believed, Part, Told};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{
    AccessLogKind, AccessReason, AccessTarget, Art9Condition, Basis, Channel, DisclosureLogKind, LogOutcome, Purpose, Role, Vocabulary,
};
use crate::ledger::audit::{Audit, Report};
use crate::ledger::leaf;
use crate::ledger::shape::Shape;

/// Which entries of which bundle.
#[derive(Args, Debug)]
pub struct Query {
    /// The bundle: a file, because it is read twice.
    bundle: PathBuf,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    believed: Believed,
    #[command(flatten)]
    filters: Filters,
    /// Print only how many there are.
    #[arg(long)]
    count: bool,
}

/// What an entry must say. Several values with commas mean any of them.
#[derive(Args, Debug)]
struct Filters {
    /// Went to this body, or was refused to it.
    #[arg(long, value_name = "ID")]
    recipient: Option<uuid::Uuid>,
    /// Done by this member of staff.
    #[arg(long, value_name = "ID")]
    actor: Option<uuid::Uuid>,
    /// Decided by this member of staff.
    #[arg(long, value_name = "ID")]
    decided_by: Option<uuid::Uuid>,
    /// Of these kinds.
    #[arg(long, value_delimiter = ',', value_parser = kind)]
    kind: Vec<&'static str>,
    /// That came out so.
    #[arg(long, value_delimiter = ',', value_parser = word::<LogOutcome>)]
    outcome: Vec<&'static str>,
    /// On these grounds.
    #[arg(long, value_delimiter = ',', value_parser = word::<Basis>)]
    basis: Vec<&'static str>,
    /// Under these conditions of UK GDPR Art. 9.
    #[arg(long, value_delimiter = ',', value_parser = word::<Art9Condition>)]
    condition: Vec<&'static str>,
    /// For these purposes.
    #[arg(long, value_delimiter = ',', value_parser = word::<Purpose>)]
    purpose: Vec<&'static str>,
    /// By these ways.
    #[arg(long, value_delimiter = ',', value_parser = word::<Channel>)]
    channel: Vec<&'static str>,
    /// Where somebody could be recognised, or nobody could.
    #[arg(long, value_name = "true|false")]
    identified: Option<bool>,
    /// Where somebody got a copy, or nobody did.
    #[arg(long, value_name = "true|false")]
    copied: Option<bool>,
    /// Done in these roles.
    #[arg(long, value_delimiter = ',', value_parser = word::<Role>)]
    role: Vec<&'static str>,
    /// Done by this operation (`operationId`).
    #[arg(long)]
    operation: Option<String>,
    /// To records of these kinds.
    #[arg(long, value_delimiter = ',', value_parser = word::<AccessTarget>)]
    target: Vec<&'static str>,
    /// With these reasons for opening restricted cases.
    #[arg(long, value_delimiter = ',', value_parser = word::<AccessReason>)]
    access_reason: Vec<&'static str>,
}

fn word<V: Vocabulary>(text: &str) -> Result<&'static str, String> {
    V::parse(text).map(Vocabulary::as_str).ok_or_else(|| {
        let known: Vec<_> = V::ALL.iter().map(|value| value.as_str()).collect();
        format!("one of {}", known.join(", "))
    })
}

fn kind(text: &str) -> Result<&'static str, String> {
    word::<DisclosureLogKind>(text).or_else(|disclosure| word::<AccessLogKind>(text).map_err(|access| format!("{disclosure}; or {access}")))
}

impl Filters {
    /// What is asked of each field: one of these texts.
    fn asked(&self) -> Vec<(&'static str, Vec<String>)> {
        let texts = |values: &[&'static str]| values.iter().map(|value| (*value).to_owned()).collect();
        let id = |id: Option<uuid::Uuid>| id.map(|id| id.hyphenated().to_string()).into_iter().collect();
        let mut asked = vec![
            ("recipient", id(self.recipient)),
            ("actor", id(self.actor)),
            ("decidedBy", id(self.decided_by)),
            ("kind", texts(&self.kind)),
            ("outcome", texts(&self.outcome)),
            ("basis", texts(&self.basis)),
            ("condition", texts(&self.condition)),
            ("purpose", texts(&self.purpose)),
            ("channel", texts(&self.channel)),
            ("role", texts(&self.role)),
            ("operation", self.operation.iter().cloned().collect()),
            ("target", texts(&self.target)),
            ("accessReason", texts(&self.access_reason)),
        ];
        asked.retain(|(_, values): &(_, Vec<String>)| !values.is_empty());
        asked
    }

    /// What no entry of the log could say is not asked: that none says it would tell nothing.
    fn fit(&self, report: &Report) -> Result<(), Ended> {
        let Some(shape) = report.origin.as_deref().and_then(Shape::of) else { return Ok(()) };
        let flags = [("identified", self.identified), ("copies", self.copied)];
        let flags = flags.into_iter().filter_map(|(name, wanted)| wanted.map(|_| (name, Vec::new())));
        for (name, values) in self.asked().into_iter().chain(flags) {
            if !shape.has(name) {
                return Err(Ended::used_wrongly(format!("No entry of this log has the field \"{name}\": it is one of the other log.")));
            }
            if let Some(value) = values.into_iter().find(|value| name == "kind" && !shape.tells(value)) {
                return Err(Ended::used_wrongly(format!("No entry of this log is of the kind \"{value}\".")));
            }
        }
        Ok(())
    }
}

/// What is asked of an entry, ready to be compared.
struct Wanted<'q> {
    part: &'q Part,
    texts: Vec<(&'static str, Vec<String>)>,
    identified: Option<bool>,
    copied: Option<bool>,
}

impl Wanted<'_> {
    fn is(&self, index: u64, body: &Map<String, Value>) -> bool {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let at = || text("at").and_then(Timestamp::parse);
        self.part.index_from.is_none_or(|from| index >= from)
            && self.part.index_to.is_none_or(|to| index < to)
            && self.part.from.is_none_or(|from| at().is_some_and(|at| at >= from))
            && self.part.to.is_none_or(|to| at().is_some_and(|at| at < to))
            && self.texts.iter().all(|(name, values)| text(name).is_some_and(|said| values.iter().any(|value| value == said)))
            && self.identified.is_none_or(|wanted| body.get("identified").and_then(Value::as_bool) == Some(wanted))
            && self.copied.is_none_or(|wanted| body.contains_key("copies") == wanted)
    }
}

impl Query {
    /// Exit codes are those of `sendiass log verify`: nothing is printed of a bundle that is not sound.
    pub(super) fn run(&self) -> ExitCode {
        match self.query() {
            Ok(()) => ExitCode::SUCCESS,
            Err(ended) => ended.said(),
        }
    }

    fn query(&self) -> Result<(), Ended> {
        if self.part.is_backwards() {
            return Err(Ended::used_wrongly("The part ends before it begins."));
        }
        if self.bundle.as_os_str() == "-" {
            return Err(Ended::used_wrongly("Give a file: it is verified before anything of it is printed."));
        }
        let asked = self.part.of(self.believed.asked()?);
        let mut audit = Audit::new(asked.clone());
        let rest = Source::open(&self.bundle)?.feed(&mut audit, |_, _| Ok(()))?;
        let report = audit.finish(rest);
        sound(&report)?;
        self.filters.fit(&report)?;
        // Once more, and verified once more, so that it is the very file.
        let wanted =
            Wanted { part: &self.part, texts: self.filters.asked(), identified: self.filters.identified, copied: self.filters.copied };
        let (mut audit, mut found, mut out) = (Audit::new(asked), 0_u64, io::BufWriter::new(io::stdout().lock()));
        let rest = Source::open(&self.bundle)?.feed(&mut audit, |index, line| {
            if leaf::read(line).is_ok_and(|body| wanted.is(index, &body)) {
                found += 1;
                if !self.count {
                    out.write_all(line)?;
                    out.write_all(b"\n")?;
                }
            }
            Ok(())
        })?;
        sound(&audit.finish(rest))?;
        let told = if self.count { writeln!(out, "{found}") } else { Ok(()) };
        told.and_then(|()| out.flush()).map_err(|error| Ended::unknown(format!("It could not be printed: {error}.")))
    }
}

/// Nothing is printed of a bundle that is not.
pub(super) fn sound(report: &Report) -> Result<(), Ended> {
    if report.exit_code() == 0 {
        Ok(())
    } else {
        Err(Ended { code: report.exit_code(), sentence: format!("the bundle is not sound.\n\n{}", Told(report)) })
    }
}
