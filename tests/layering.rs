//! The floors of the crate: an arrow points down only. This reads every source file and fails where one names what its floor may not.
//!
//! Comments, texts and test modules are left out: a test may stand wherever it wants.
//! Over 350 lines because the rules and the reader of source that checks them are read together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One floor: the files whose path below `src/` begins so, what of ours they may name, and which other crates.
struct Floor {
    name: &'static str,
    ours: &'static [&'static str],
    crates: &'static [&'static str],
}

const FLOORS: &[Floor] = &[
    Floor {
        name: "domain",
        ours: &["domain"],
        crates: &["serde", "uuid", "chrono", "chrono_tz", "unicode_normalization", "validator", "utoipa"],
    },
    Floor { name: "policy", ours: &["policy", "domain"], crates: &["uuid", "chrono", "unicode_normalization", "unicode_security"] },
    Floor {
        name: "ledger",
        ours: &["ledger", "domain"],
        crates: &[
            "serde",
            "serde_json",
            "base64",
            "ed25519_dalek",
            "sha2",
            "hmac",
            "hkdf",
            "subtle",
            "zeroize",
            "unicode_normalization",
            "uuid",
        ],
    },
    Floor {
        name: "authz",
        ours: &["authz", "domain"],
        crates: &["serde", "serde_json", "uuid", "base64", "jsonwebtoken", "aws_lc_rs", "zeroize", "unicode_normalization"],
    },
    Floor {
        name: "db",
        ours: &["db", "domain", "authz", "ledger", "policy"],
        crates: &[
            "diesel",
            "diesel_migrations",
            "libsqlite3_sys",
            "r2d2",
            "serde",
            "serde_json",
            "uuid",
            "chrono",
            "tokio",
            "chacha20poly1305",
            "hkdf",
            "hmac",
            "sha2",
            "getrandom",
            "subtle",
            "zeroize",
            "unicode_normalization",
        ],
    },
    Floor {
        name: "app",
        ours: &["app", "domain", "policy", "authz", "ledger", "db", "clock"],
        crates: &["uuid", "chrono", "serde", "serde_json", "base64", "sha2", "tokio", "tracing"],
    },
    Floor { name: "print", ours: &["print", "domain"], crates: &["chrono", "krilla", "ttf_parser", "dejavu"] },
    Floor {
        name: "http",
        ours: &["http", "domain", "authz", "app", "metrics", "print", "op", "op_public", "described", "page_of"],
        crates: &[
            "actix_web",
            "actix_cors",
            "serde",
            "serde_json",
            "csv",
            "jsonschema",
            "utoipa",
            "utoipa_swagger_ui",
            "validator",
            "uuid",
            "chrono",
            "futures_util",
            "governor",
            "tokio",
            "base64",
            "hmac",
            "sha2",
            "socket2",
            "subtle",
            "tracing",
            "unicode_normalization",
        ],
    },
    Floor { name: "metrics", ours: &["metrics", "db"], crates: &["prometheus_client"] },
    Floor { name: "clock", ours: &["domain"], crates: &["chrono"] },
    Floor { name: "config", ours: &["domain", "keys"], crates: &["clap", "zeroize"] },
    Floor { name: "telemetry", ours: &["domain"], crates: &["tracing", "tracing_subscriber"] },
];

/// These may name everything.
const ABOVE: &[&str] = &["startup", "cli", "main", "lib", "keys"];

/// What a floor may name of another only in part: the floor, the other, and the beginnings of the paths that are allowed.
const IN_PART: &[(&str, &str, &[&str])] = &[
    ("db", "policy", &["crate::policy::disclosure::Grant"]),
    ("metrics", "db", &["crate::db::Load"]),
    (
        "http",
        "authz",
        &[
            "crate::authz::Act",
            "crate::authz::Action",
            "crate::authz::Permit",
            "crate::authz::Caller",
            "crate::authz::check",
            "crate::authz::act",
            "crate::authz::Role",
        ],
    ),
];

/// A crate in one file of a floor that has no other use for it: the stored bytes of a log entry pass through untouched.
const IN_ONE_FILE: &[(&str, &str)] = &[("domain/log.rs", "serde_json"), ("domain/access_log.rs", "serde_json")];

/// What may be said in these files alone: the words, and the beginnings of the paths below `src/`.
const WORDS: &[(&str, &[&str])] = &[
    ("Utc::now", &["clock.rs"]),
    ("Local::now", &[]),
    ("SystemTime", &[]),
    ("std::env", &["config.rs", "cli", "db/link.rs"]),
    ("std::fs", &["keys.rs", "cli", "authz/issuers.rs", "startup", "metrics.rs"]),
    ("std::net", &["config.rs", "db/link.rs", "startup", "cli", "http/connection.rs", "http/limits.rs"]),
    ("std::thread", &["db/tx.rs", "cli"]),
    (".transaction(", &[]),
    ("BEGIN IMMEDIATE", &["db/pool.rs"]),
    // Which engine is used: the connection, the transaction, the schema, and how a value is written.
    ("Conn::Sqlite", &["db/conn.rs", "db/pool.rs", "db/migrate.rs"]),
    ("Conn::Pg", &["db/conn.rs", "db/pool.rs", "db/migrate.rs"]),
    ("diesel::pg", &["db/conn.rs", "db/link.rs", "db/migrate.rs", "db/stored.rs"]),
    ("diesel::sqlite", &["db/conn.rs", "db/migrate.rs", "db/stored.rs"]),
    ("SqliteConnection", &["db/conn.rs"]),
    ("PgConnection", &["db/conn.rs", "db/link.rs"]),
    ("libsqlite3_sys", &["db/conn.rs"]),
    ("r2d2", &["db/pool.rs"]),
    ("insecure_decode", &[]),
    ("Validation::default", &[]),
    ("unsafe ", &[]),
    ("HttpResponse", &["http"]),
];

/// Pure floors: what they never name.
const PURE: (&[&str], &[&str]) = (&["domain", "policy", "ledger"], &["async ", ".await", "std::io", "std::time", "std::sync", "getrandom"]);

/// The dependencies of the crate, as code names them.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section.lines().filter_map(|line| Some(line.split_once(" = ")?.0.replace('-', "_"))).collect()
}

/// The code without comments, and with the insides of texts only where `texts` asks for them.
fn code(source: &str, texts: bool) -> String {
    let (bytes, mut kept, mut i) = (source.as_bytes(), String::with_capacity(source.len()), 0);
    while i < bytes.len() {
        let rest = &source[i..];
        let text = raw_text(rest).or_else(|| plain_text(rest));
        if rest.starts_with("//") {
            i += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            i += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if let Some(length) = text {
            kept.push_str(if texts { &rest[..length] } else { "\"\"" });
            i += length;
        } else if let Some(length) = character(rest) {
            kept.push_str("' '");
            i += length;
        } else {
            let next = rest.chars().next().unwrap();
            kept.push(next);
            i += next.len_utf8();
        }
    }
    kept
}

fn raw_text(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?.chars().take_while(|c| *c == '#').count();
    let inner = rest.get(1 + hashes..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(2 + hashes + inner.find(&close)? + close.len())
}

fn plain_text(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in rest.strip_prefix('"')?.char_indices() {
        match c {
            '"' if !escaped => return Some(i + 2),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// A character literal, which a lifetime is not.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if let Some(escape) = inner.strip_prefix('\\') {
        return escape.char_indices().skip(1).find(|(_, c)| *c == '\'').map(|(i, _)| i + 3);
    }
    let first = inner.chars().next()?;
    inner[first.len_utf8()..].starts_with('\'').then_some(2 + first.len_utf8())
}

/// The code without what is compiled for tests only.
fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        let end = match (after.find('{'), after.find(';')) {
            (Some(open), semicolon) if semicolon.is_none_or(|at| open < at) => {
                let mut depth = 0;
                after.char_indices().skip_while(|(i, _)| *i < open).find_map(|(i, c)| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    (depth == 0).then_some(i)
                })
            }
            (_, semicolon) => semicolon,
        };
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    kept.push_str(rest);
    kept
}

/// The modules that this file declares for tests only.
fn test_modules(code: &str) -> Vec<String> {
    let declared = code.split("#[cfg(test)]").skip(1).filter_map(|after| after.split_once(';')?.0.split_once("mod "));
    declared.map(|(_, name)| name.trim().to_owned()).filter(|name| !name.contains('{')).collect()
}

/// Every path that begins at the root of the crate, groups taken apart.
fn own_paths(code: &str) -> Vec<String> {
    let compact: String =
        code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ::", "::").replace(":: ", "::").replace("{ ", "{");
    let mut paths = Vec::new();
    for (at, _) in compact.match_indices("crate::") {
        if compact[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        open("crate::", &compact[at + 7..], &mut paths);
    }
    paths
}

/// Adds each path of a group, `rest` being what follows `prefix`.
fn open(prefix: &str, rest: &str, paths: &mut Vec<String>) {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':' || c == '*')).unwrap_or(rest.len());
    let (plain, after) = rest.split_at(end);
    let Some(group) = after.strip_prefix('{').filter(|_| plain.is_empty() || plain.ends_with("::")) else {
        paths.push(format!("{prefix}{plain}"));
        return;
    };
    let (mut depth, mut start) = (0, 0);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let member = group[start..i].trim();
                if !member.is_empty() {
                    open(&format!("{prefix}{plain}"), member, paths);
                }
                start = i + 1;
                if c == '}' {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// How many modules deep this file is: `db/conn.rs` is two deep.
fn depth(path: &str) -> usize {
    path.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").count()
}

fn begins(path: &str, place: &str) -> bool {
    path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with(['/', '.']))
}

/// What a file below `src/` may not say, and says.
fn faults(path: &str, source: &str, crates: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = source.lines().count();
    let head: Vec<&str> = source.lines().take_while(|line| line.starts_with("//") || line.trim().is_empty()).collect();
    if lines > 350 && !head.join(" ").contains("Over 350 lines because") {
        faults.push(format!("{path}: {lines} lines, and its first lines do not say why"));
    }
    let spoken = without_tests(&code(source, true));
    for (word, places) in WORDS {
        if spoken.contains(word) && !places.iter().any(|place| begins(path, place)) {
            faults.push(format!("{path}: says `{}`", word.trim()));
        }
    }
    let code = without_tests(&code(source, false));
    if ABOVE.iter().any(|name| begins(path, name)) {
        return faults;
    }
    let Some(floor) = FLOORS.iter().find(|floor| begins(path, floor.name)) else {
        faults.push(format!("{path}: stands on no floor"));
        return faults;
    };
    if PURE.0.contains(&floor.name) {
        faults.extend(PURE.1.iter().filter(|word| code.contains(**word)).map(|word| format!("{path}: not pure, says `{}`", word.trim())));
    }
    for named in own_paths(&code) {
        let other = named.split("::").nth(1).unwrap_or_default();
        let part = IN_PART.iter().find(|(from, to, _)| *from == floor.name && *to == other).map(|(_, _, parts)| *parts);
        if !floor.ours.contains(&other) || part.is_some_and(|parts| !parts.iter().any(|part| named.starts_with(part))) {
            faults.push(format!("{path}: names {named}"));
        }
    }
    for (at, _) in code.match_indices("super::") {
        if !code[..at].ends_with("super::") {
            let climbed = code[at..].split("::").take_while(|part| *part == "super").count();
            if climbed >= depth(path) {
                faults.push(format!("{path}: leaves its floor by `super`"));
            }
        }
    }
    let words: BTreeSet<&str> = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    for name in
        words.into_iter().filter(|word| crates.contains(*word) && !floor.crates.contains(word) && !IN_ONE_FILE.contains(&(path, *word)))
    {
        faults.push(format!("{path}: names the crate {name}"));
    }
    faults
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn manifest() -> BTreeSet<String> {
    dependencies(&fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap())
}

#[test]
fn an_arrow_points_down_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut read: Vec<(String, String)> = files
        .iter()
        .map(|path| (path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    read.sort();
    assert!(read.len() > 50, "only {} files were found", read.len());
    let tests: Vec<String> = read
        .iter()
        .flat_map(|(path, source)| {
            let folder = path.trim_end_matches(".rs").trim_end_matches("/mod").to_owned();
            test_modules(&code(source, false)).into_iter().map(move |name| format!("{folder}/{name}"))
        })
        .collect();
    let crates = manifest();
    assert!(crates.contains("diesel") && crates.contains("actix_web"), "{crates:?}");
    let faults: Vec<String> = read
        .iter()
        .filter(|(path, _)| !tests.iter().any(|test| begins(path, test)))
        .flat_map(|(path, source)| faults(path, source, &crates))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The faults of a made-up file.
fn of(path: &str, source: &str) -> Vec<String> {
    faults(path, source, &manifest())
}

#[test]
fn each_floor_may_not_name_those_above_it() {
    for (path, source) in [
        ("domain/x.rs", "use crate::policy::consent;"),
        ("domain/x.rs", "use crate::{\n    domain::ids,\n    db::Tx,\n};"),
        ("policy/x.rs", "use crate::db::Tx;"),
        ("policy/x.rs", "use crate::clock::Clock;"),
        ("policy/x.rs", "fn f() { crate::authz::check(); }"),
        ("ledger/x.rs", "use crate::policy::disclosure::Grant;"),
        ("ledger/x.rs", "use crate::authz::Permit;"),
        ("authz/x.rs", "use crate::db::Tx;"),
        ("db/x.rs", "use crate::app::App;"),
        ("db/x.rs", "use crate::clock::Clock;"),
        ("db/x.rs", "use crate::policy::consent::check;"),
        ("db/x.rs", "use crate::policy::disclosure::{Grant, decide};"),
        ("app/x.rs", "use crate::http::problem::Problem;"),
        ("app/x.rs", "use crate::config::Config;"),
        ("http/x.rs", "use crate::db::Error;"),
        ("http/x.rs", "fn f() -> Result<(), crate::policy::Refusal> {}"),
        ("http/x.rs", "use crate::ledger::leaf;"),
        ("http/x.rs", "use crate::authz::token::verify;"),
        ("http/x.rs", "use crate::clock::Clock;"),
        ("metrics.rs", "use crate::db::Db;"),
        ("metrics.rs", "use crate::domain::ids::CaseId;"),
        ("telemetry.rs", "use crate::db::Tx;"),
        ("loose.rs", ""),
    ] {
        assert!(!of(path, source).is_empty(), "{path}: {source}");
    }
}

#[test]
fn what_points_down_passes() {
    for (path, source) in [
        ("domain/x.rs", "use crate::domain::ids::CaseId;"),
        ("policy/x.rs", "use crate::domain::{ids::CaseId, time};"),
        ("db/x.rs", "use crate::policy::disclosure::Grant;\nuse super::tx::Tx;"),
        ("app/x.rs", "use crate::policy::disclosure::{Grant, decide};\nuse crate::authz::token::Verified;"),
        ("http/x.rs", "use crate::app::{App, Failure};\nuse crate::authz::{Permit, act};"),
        ("startup.rs", "use crate::db::Db; use crate::http::Edge; use crate::policy::decide;"),
        ("domain/x.rs", "// crate::db, diesel\n/// See [`crate::db`]\nconst A: &str = \"crate::db\";"),
        ("domain/x.rs", "#[cfg(test)]\nmod tests { use crate::db::Tx; fn f() { { diesel::x(); } } }"),
    ] {
        assert_eq!(of(path, source), Vec::<String>::new(), "{path}: {source}");
    }
}

#[test]
fn what_follows_a_test_module_is_read_too() {
    assert!(!of("domain/x.rs", "#[cfg(test)]\nmod tests { fn f() { {} } }\nuse crate::db::Tx;").is_empty());
    assert!(!of("domain/x.rs", "#[cfg(test)]\nmod tests;\nuse crate::db::Tx;").is_empty());
    assert!(!of("domain/x.rs", "const Q: char = '\"'; use crate::db::Tx; const R: char = '\"';").is_empty());
    assert!(!of("domain/x.rs", "const Q: &str = \"\\\"\"; use crate::db::Tx;").is_empty());
    assert!(!of("domain/x.rs", "const Q: &str = r#\" \" \"#; use crate::db::Tx; // \"").is_empty());
}

#[test]
fn no_floor_names_a_crate_that_is_not_its_own() {
    for (path, source) in [
        ("domain/x.rs", "use diesel::prelude::*;"),
        ("domain/x.rs", "#[derive(diesel::Queryable)] struct X;"),
        ("policy/x.rs", "use actix_web::web;"),
        ("policy/x.rs", "fn f() { tokio::spawn(g()); }"),
        ("ledger/x.rs", "fn f(conn: &mut diesel::Connection) {}"),
        ("authz/x.rs", "use actix_web::HttpRequest;"),
        ("db/x.rs", "use actix_web::web;"),
        ("app/x.rs", "use diesel::prelude::*;"),
        ("app/x.rs", "use actix_web::web::Data;"),
        ("http/x.rs", "use diesel::result::Error;"),
        ("clock.rs", "use diesel::prelude::*;"),
        ("metrics.rs", "use actix_web::web;"),
        ("http/x.rs", "use prometheus_client::registry::Registry;"),
    ] {
        assert!(!of(path, source).is_empty(), "{path}: {source}");
    }
}

#[test]
fn what_belongs_in_one_place_stands_nowhere_else() {
    for (path, source) in [
        ("app/x.rs", "let now = chrono::Utc::now();"),
        ("http/x.rs", "let now = SystemTime::now();"),
        ("app/x.rs", "let home = std::env::var_os(\"HOME\");"),
        ("db/x.rs", "let text = std::fs::read(path);"),
        ("db/x.rs", "conn.transaction(|conn| f(conn))"),
        ("db/cases.rs", "conn.batch_execute(\"BEGIN IMMEDIATE\")"),
        ("db/cases.rs", "fn f(conn: &mut diesel::SqliteConnection) {}"),
        ("authz/token.rs", "let checks = Validation::default();"),
        ("policy/x.rs", "pub async fn decide() {}"),
        ("ledger/x.rs", "use std::sync::Mutex;"),
        ("app/x.rs", "fn f() -> HttpResponse {}"),
    ] {
        assert!(!of(path, source).is_empty(), "{path}: {source}");
    }
    assert_eq!(of("clock.rs", "let now = chrono::Utc::now();"), Vec::<String>::new());
}

#[test]
fn nobody_leaves_a_floor_through_the_roof() {
    assert!(!of("domain/x.rs", "use super::super::db::Tx;").is_empty());
    assert!(!of("domain/mod.rs", "use super::db::Tx;").is_empty());
    assert!(!of("clock.rs", "use super::db::Tx;").is_empty());
    assert_eq!(of("db/x/y.rs", "use super::super::tx::Tx;"), Vec::<String>::new());
}

#[test]
fn a_long_file_says_why() {
    let long = "fn f() {}\n".repeat(351);
    assert!(!of("domain/x.rs", &long).is_empty());
    assert_eq!(of("domain/x.rs", &format!("//! A list.\n//! Over 350 lines because it is one list.\n\n{long}")), Vec::<String>::new());
}
