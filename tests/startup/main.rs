//! The commands as an operator meets them: what they print, and one sentence where something is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "../support/cluster.rs"]
mod cluster;
mod postgres;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::config::DatabaseSettings;
use sendiass::db::conn::{Demands, Place};

fn sendiass(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    command.args(arguments).args(["--data-dir", &folder.display().to_string()]).env_remove("SENDIASS_PROFILE");
    command
}

/// A running service, ended with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Serving {
    /// Once it answers.
    fn answers(mut self) -> Self {
        let mut line = String::new();
        BufReader::new(self.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("sendiass answers on http://127.0.0.1:"), "{line}");
        self
    }
}

fn answering(mut command: Command) -> Serving {
    Serving(command.stderr(Stdio::piped()).spawn().unwrap()).answers()
}

fn serve(folder: &Path) -> Serving {
    answering(sendiass(folder, &["serve", "--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0"]))
}

/// The command failed with exit code 1 and this one sentence.
fn fails(output: &Output, sentence: &str) {
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), talk.lines().count()), (Some(1), 1), "{talk}");
    assert!(talk.contains(sentence), "{talk}");
    assert!(output.stdout.is_empty());
}

fn served(folder: &Path, more: &[&str]) -> Output {
    sendiass(folder, &[&["serve", "--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0"], more].concat()).output().unwrap()
}

#[test]
fn a_database_is_served_by_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let _first = serve(folder.path());
    fails(&served(folder.path(), &[]), "is in use by another process.");
}

#[test]
fn a_database_is_not_served_with_other_keys_than_it_was_opened_with() {
    // The key-encryption key may be another, as long as it opens all there is (tests/operations/keys.rs).
    for key in ["index.key", "log.key"] {
        let folder = tempfile::tempdir().unwrap();
        drop(serve(folder.path()));
        std::fs::remove_file(folder.path().join(key)).unwrap();
        fails(&served(folder.path(), &[]), "was opened with other keys");
    }
}

#[test]
fn what_is_set_wrongly_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    for (settings, sentence) in [
        (&["--profile", "production"][..], "Production needs SENDIASS_ISSUERS_FILE"),
        (&["--profile", "demo"], "is that of `sendiass demo`"),
        (&["--database-url", "mysql:x"], "must be `sqlite:PATH` or `postgres://"),
        (&["--public-url", "banana"], "SENDIASS_PUBLIC_URL must be an address"),
        (&["--cors-origins", "*"], "SENDIASS_CORS_ORIGINS must name origins"),
        (&["--index-key", "short"], "SENDIASS_INDEX_KEY is not 32 bytes"),
    ] {
        fails(&served(folder.path(), settings), sentence);
    }
    if cfg!(not(feature = "postgres-tls")) {
        let url = "postgres://somebody@127.0.0.1:1/sendiass?sslmode=require";
        fails(&served(folder.path(), &["--database-url", url]), "This build cannot encrypt the way to PostgreSQL");
    }
    for (flag, name) in [("--bind", "SENDIASS_BIND"), ("--admin-bind", "SENDIASS_ADMIN_BIND")] {
        let output = postgres::run(sendiass(folder.path(), &["serve", flag, "0.0.0.0:0"]));
        fails(&output, &format!("{name} is 0.0.0.0:0: outside production the service listens on loopback only"));
    }
}

#[test]
fn a_password_in_an_address_is_never_shown() {
    const PASSWORD: &str = "hunter2";
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("backup.db").display().to_string();
    for url in [
        "postgres://somebody:hunter2@127.0.0.1:1/sendiass",
        "postgres:///sendiass?host=/nowhere&user=somebody&password=hunter2",
        "postgres://somebody:p@hunter2@127.0.0.1:1/sendiass",
        "postgres://somebody:p/hunter2@127.0.0.1:1/sendiass",
        "postgres://somebody:%hunter2@127.0.0.1:1/sendiass",
        "postgres://somebody:hunter2/sendiass",
        "postgres:///sendiass?password=p&hunter2",
        "mysql://somebody:hunter2@127.0.0.1/sendiass",
    ] {
        for command in [&["serve"][..], &["migrate", "run"], &["migrate", "status"], &["backup", "--to", &to]] {
            for (more, code) in [(None, Some(1)), (Some("--help"), Some(0))] {
                let output = sendiass(folder.path(), command).args(more).env("SENDIASS_DATABASE_URL", url).output().unwrap();
                let shown = [output.stdout, output.stderr].concat();
                let shown = String::from_utf8_lossy(&shown);
                assert_eq!(output.status.code(), code, "{command:?}: {shown}");
                assert!(!shown.contains(PASSWORD), "{command:?} with {url}: {shown}");
            }
        }
        let settings = DatabaseSettings {
            url: Some(url.into()),
            url_file: None,
            data_dir: folder.path().to_owned(),
            connections: None,
            unsafe_server: false,
        };
        let shown = format!("{settings:?} {:?} {:?}", settings.named(), Place::Server(url.to_owned()));
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
}

#[test]
fn a_demonstration_keeps_to_its_own_database() {
    let folder = tempfile::tempdir().unwrap();
    let play = || {
        let output = sendiass(folder.path(), &["demo", "--walkthrough"])
            .env("SENDIASS_DATABASE_URL", "postgres://somebody@127.0.0.1:1/sendiass")
            .env("SENDIASS_DATABASE_URL_FILE", "/nowhere")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    play();
    // It begins anew each time, and beside a service of the same folder: what was signed of one log is not asked of another.
    drop(serve(folder.path()));
    play();
}

#[test]
fn a_demonstration_has_a_log_as_long_as_one_wishes_and_touches_no_database_that_is_used() {
    cluster::on_postgres_too();
    let folder = tempfile::tempdir().unwrap();
    let scratch = cluster::is_postgres().then(cluster::Scratch::empty);
    let file = folder.path().join("other.db");
    let url = scratch.as_ref().map_or_else(|| format!("sqlite:{}", file.display()), cluster::Scratch::owner_url);
    let demo = || {
        let bind = ["--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0"];
        let mut command = sendiass(folder.path(), &[&["demo", "--entries", "2500", "--database-url", &url], &bind[..]].concat());
        command.env("SENDIASS_UNSAFE_DATABASE", "true");
        command
    };
    let mut playing = Serving(demo().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut told = String::new();
    BufReader::new(playing.0.stdout.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.starts_with("sendiass answers on http://127.0.0.1:"), "{told}");
    drop(playing);
    let place = scratch.as_ref().map_or_else(|| Place::File(file.clone()), |scratch| Place::Server(scratch.owner_url()));
    let mut conn = place.connect(Demands { encrypted: false, unsafe_server: true }).unwrap();
    let mut count = |sql: &str| diesel::sql_query(format!("SELECT ({sql}) AS count")).get_result::<Count>(&mut conn).unwrap().count;
    let entries = count("SELECT count(*) FROM disclosure_entry");
    assert!(entries > 2500, "the story comes after them: {entries}");
    assert_eq!((count("SELECT count(*) FROM disclosure_leaf"), count("SELECT count(*) FROM disclosure_subtree")), (entries, entries / 256));
    assert!(count("SELECT max(size) FROM disclosure_checkpoint") > 2500, "it is signed");
    assert!(count("SELECT count(DISTINCT case_id) FROM disclosure_case_ix") > 8);
    fails(&demo().output().unwrap(), "names a database that is used already");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[test]
fn a_token_is_printed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let output = sendiass(folder.path(), &["token", "--role", "adviser", "--sub", "somebody", "--minutes", "5"]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), output.stderr.len(), printed.lines().count()), (Some(0), 0, 1));
    assert_eq!(printed.trim_end().split('.').count(), 3);
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _running = serve(folder.path());
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", entry.path().display());
    }
}

#[test]
fn a_token_that_would_be_refused_is_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let token = |more: &[&str]| sendiass(folder.path(), &[&["token", "--role", "adviser"], more].concat()).output().unwrap();
    let (longest, longer) = ("x".repeat(255), "x".repeat(256));
    for more in [vec!["--sub", ""], vec!["--sub", "  "], vec!["--sub", &longer], vec!["--sub", "a\u{7}"], vec!["--name", ""]] {
        let refused = token(&more);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{more:?}");
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((told.lines().count(), told.matches(". ").count()), (1, 0), "{told}");
        assert!(told.starts_with(&format!("sendiass: Give {} 1 to 2", more[0])) && told.ends_with("leave it out.\n"), "{told}");
    }
    let printed = token(&["--sub", &longest]);
    assert_eq!((printed.status.code(), String::from_utf8(printed.stdout).unwrap().matches('.').count()), (Some(0), 2));
}
