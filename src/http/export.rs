//! A log as a file: as it was hashed, a line each, as a table, or as a bundle that proves itself. It is written while it is read, so its size does not matter.

use std::any::TypeId;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::{Method, Version, header};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use csv::{Terminator, WriterBuilder};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::connection::{Line, Pulse};
use super::extract::{pairs, typed};
use super::openapi::part::{Part, Place, Sketch};
use super::page::Filters;
use super::problem::{Code, Fault, Problem};
use crate::app::log_export::LogExport;
use crate::domain::log::LogRow;

/// So much is handed to the connection at a time. A client that does not take it within the patience of its connection is cut.
const CHUNK: usize = 32 * 1024;

/// A file.
#[derive(Clone, Debug, ToSchema)]
#[schema(format = Binary)]
#[expect(dead_code, reason = "it only describes what is streamed")]
pub struct ExportFile(String);

/// A line of one, for the document.
pub(super) const LINE: &str = "{\"actor\":\"019b8d62-7a80-726b-b2a7-4de452e6b438\",\"at\":\"2026-09-17T12:58:20.310Z\",\"id\":\
    \"01a0af72-5316-7dbe-8e81-973e0becd7b0\",\"kind\":\"log_genesis\",\"outcome\":\"recorded\",\"req\":\
    \"01a0af72-5316-76b5-8a23-d5962217bead\",\"v\":1}\n";

/// The form of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Ndjson,
    Csv,
    Bundle,
}

impl Format {
    fn media(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Bundle => "text/plain; charset=utf-8",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Bundle => "bundle",
        }
    }

    /// What comes before the first entry.
    fn head(self, fields: &[&str]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Ndjson | Self::Bundle => Ok(Vec::new()),
            Self::Csv => table([["index", "leafHash"].iter().chain(fields).map(|name| (*name).to_owned())]),
        }
    }

    fn rows(self, fields: &[&str], rows: &[LogRow]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Ndjson | Self::Bundle => {
                let mut lines = Vec::with_capacity(rows.iter().map(|row| row.body.get().len() + 1).sum());
                for row in rows {
                    lines.extend_from_slice(row.body.get().as_bytes());
                    lines.push(b'\n');
                }
                Ok(lines)
            }
            Self::Csv => table(rows.iter().map(|row| record(fields, row)).collect::<Result<Vec<_>, _>>()?),
        }
    }
}

/// What a caller wants to take away of a log: filters, and the form.
#[derive(Debug)]
pub struct Export<F> {
    /// The filters.
    pub filters: F,
    format: Format,
}

/// What a bundle may be asked for by: with any other filter it would not be whole, and could not show that nothing was withheld.
const OF_A_PART: [&str; 4] = ["from", "to", "indexFrom", "indexTo"];

fn not_of_a_part(name: &String) -> Fault {
    Fault::parameter(name, "not_with_bundle", "A bundle is a whole part of the log: filter it afterwards with `sendiass log query`.")
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    format: Format,
}

impl<F: Filters> FromRequest for Export<F> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read<F: Filters>(request: &HttpRequest) -> Result<Export<F>, Problem> {
    let of = TypeId::of::<Export<F>>();
    let mut value = typed(request, of, &pairs(request, of)?)?;
    let wrong = |_| Problem::new(Code::ValidationFailed);
    let Form { format } = Form::deserialize(&value).map_err(wrong)?;
    if let Some(properties) = value.as_object_mut() {
        properties.remove("format");
        let others: Vec<Fault> = properties.keys().filter(|name| !OF_A_PART.contains(&name.as_str())).map(not_of_a_part).collect();
        if format == Format::Bundle && !others.is_empty() {
            return Err(Problem::invalid(others));
        }
    }
    let filters = serde_json::from_value(value).map_err(wrong)?;
    // Its answer ends with the connection, so that nobody could tell a file that broke off from a whole one.
    if request.version() < Version::HTTP_11 {
        return Err(Problem::new(Code::MalformedRequest).with_detail("An export is answered by HTTP/1.1 or later only."));
    }
    Ok(Export { filters, format })
}

impl<F: Filters> Part for Export<F> {
    fn describe(sketch: &mut Sketch) {
        let form = serde_json::json!({"format": {"type": "string", "enum": ["ndjson", "csv", "bundle"], "default": "ndjson",
            "description": "The form of the file; of a `bundle` only `from`, `to`, `indexFrom` and `indexTo` choose what is in it."}});
        sketch.parameters_with::<Self, F>(Place::Query, &form);
        sketch.file();
    }
}

impl<F> Export<F> {
    /// Whether a bundle is wanted.
    pub fn is_bundle(&self) -> bool {
        self.format == Format::Bundle
    }

    /// The file with these entries. Its name says which log it is and which range of indexes it covers.
    pub fn answer(&self, request: &HttpRequest, log: &str, fields: &'static [&'static str], export: LogExport) -> HttpResponse {
        let format = self.format;
        let name = format!("{log}-{}-{}.{}", export.range.index_from, export.range.index_to, format.extension());
        let mut response = HttpResponse::Ok();
        response.content_type(format.media());
        response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
        if *request.method() == Method::HEAD {
            // How long it would be nobody knows before it is written: no length is said, as in the answer to a GET.
            return response.streaming(stream::empty::<Result<Bytes, BrokenOff>>());
        }
        let pulse = request.conn_data::<Line>().map(Line::pulse);
        let writing = Writing { export, format, fields, written: None, pulse };
        response.streaming(stream::try_unfold(writing, Writing::chunk))
    }
}

/// A file that is being written.
struct Writing {
    export: LogExport,
    format: Format,
    fields: &'static [&'static str],
    /// What was written and not handed on; none before the head.
    written: Option<Bytes>,
    pulse: Option<Pulse>,
}

/// The file could not be finished, and its connection is broken off: the reader knows that it is not whole.
#[derive(Debug)]
struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an export broke off")
    }
}

impl std::error::Error for BrokenOff {}

impl Writing {
    async fn chunk(mut self) -> Result<Option<(Bytes, Self)>, BrokenOff> {
        let broken = |error: std::io::Error| {
            drop(Problem::internal(&error));
            BrokenOff
        };
        let mut written = match self.written.take() {
            Some(written) => written,
            None => match self.export.head.take() {
                Some(head) => head.into(),
                None => self.format.head(self.fields).map_err(broken)?.into(),
            },
        };
        while written.is_empty() {
            let rows = self.export.next().await.map_err(|error| {
                let code = Problem::from(error).code();
                tracing::warn!(code = code.as_str(), "an export broke off");
                BrokenOff
            })?;
            // Where what is wanted is rare there may be nothing to hand on for a while, and nobody who does not take it.
            if let Some(pulse) = &self.pulse {
                pulse.beat();
            }
            let Some(rows) = rows else { return Ok(None) };
            written = self.format.rows(self.fields, &rows).map_err(broken)?.into();
        }
        if let Some(pulse) = &self.pulse {
            pulse.beat();
        }
        let chunk = written.split_to(written.len().min(CHUNK));
        self.written = Some(written);
        Ok(Some((chunk, self)))
    }
}

/// RFC 4180.
fn table<R: IntoIterator<Item = String>>(records: impl IntoIterator<Item = R>) -> std::io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        writer.write_record(record)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn record(fields: &[&str], row: &LogRow) -> std::io::Result<Vec<String>> {
    let body: Map<String, Value> = serde_json::from_str(row.body.get())?;
    let cells = fields.iter().map(|name| body.get(*name).map(plain).unwrap_or_default());
    Ok([row.index.to_string(), BASE64_STANDARD.encode(row.leaf_hash)].into_iter().chain(cells).map(guarded).collect())
}

/// A value as text: the members of a list by spaces, the fields of an object by colons.
fn plain(value: &Value) -> String {
    let joined = |values: &mut dyn Iterator<Item = &Value>, by: &str| values.map(plain).collect::<Vec<_>>().join(by);
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => joined(&mut values.iter(), " "),
        Value::Object(fields) => joined(&mut fields.values(), ":"),
        value => value.to_string(),
    }
}

/// A spreadsheet takes what begins so for a formula (ASVS 1.2.10).
fn guarded(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_take_for_a_formula_is_guarded() {
        for (cell, expected) in
            [("=1+1", "'=1+1"), ("+x", "'+x"), ("-x", "'-x"), ("@x", "'@x"), ("\tx", "'\tx"), ("\rx", "'\rx"), ("a=", "a="), ("", "")]
        {
            assert_eq!(guarded(cell.to_owned()), expected);
        }
    }

    #[test]
    fn a_table_is_written_as_rfc_4180_has_it() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let written = table([row(["a,b", "say \"x\"", "two\r\nlines"]), row(["", "é", "z"])]).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "\"a,b\",\"say \"\"x\"\"\",\"two\r\nlines\"\r\n,é,z\r\n");
    }

    #[test]
    fn a_list_is_one_cell_and_the_fields_of_its_members_are_in_the_order_of_their_names() {
        let items =
            serde_json::json!([{"class": "attendance", "bytes": 3, "digest": "x"}, {"class": "sen_needs", "bytes": 4, "digest": "y"}]);
        assert_eq!(plain(&items), "3:attendance:x 4:sen_needs:y");
        assert_eq!(plain(&serde_json::json!(["a", "b"])), "a b");
        assert_eq!(plain(&serde_json::json!(true)), "true");
    }
}
