//! `sendiass demo`: the service on a throw-away database with fictional families, and the story of what it is for.

mod client;
mod seed;
mod walkthrough;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use clap::{Args, Parser};

use self::client::Client;
use super::token::somebody;
use crate::authz::devkey::Minting;
use crate::clock::Clock;
use crate::config::{Config, DatabaseSettings, Profile, SidecarSettings};
use crate::domain::vocabulary::{Role, Vocabulary};
use crate::keys::{self, SecretText};
use crate::startup::database::Found;
use crate::startup::{self, Ready};

/// Run the service on a throw-away database with fictional families.
#[derive(Args, Debug)]
pub struct Demo {
    /// Play the story of the service against the running server, and end; the exit code tells whether every step answered as it should.
    #[arg(long)]
    walkthrough: bool,
    /// Where it listens: 127.0.0.1:8080, or for the walk-through any free port.
    #[arg(long, env = "SENDIASS_BIND")]
    bind: Option<SocketAddr>,
    /// Where the operator reads `/livez`, `/readyz` and `/metrics`: 127.0.0.1:8081, or for the walk-through nowhere.
    #[arg(long, env = "SENDIASS_ADMIN_BIND")]
    admin_bind: Option<SocketAddr>,
    /// Where keys and the throw-away database are kept.
    #[arg(long, env = "SENDIASS_DATA_DIR", default_value = "./data")]
    data_dir: PathBuf,
    /// Another database than the throw-away one: an empty one on PostgreSQL, `postgres://USER:PASSWORD@HOST/NAME`, which stays.
    #[arg(long)]
    database_url: Option<SecretText>,
    /// So many made-up entries in the disclosure log, over five years before the story: to see the service with a long log, and to measure it.
    #[arg(long, default_value_t = 0, conflicts_with = "walkthrough", value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    entries: u64,
}

/// The settings parser alone, to take every default from one place.
#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    config: Config,
}

impl Demo {
    pub(super) fn run(&self) -> Result<(), String> {
        let name = if self.database_url.is_some() { "elsewhere.db" } else { "demo.db" };
        let database = self.data_dir.join(if self.walkthrough { "walkthrough.db" } else { name });
        let defaults = Defaults::try_parse_from(["sendiass"]).map_err(|error| error.to_string())?;
        let url = self.database_url.clone().unwrap_or_else(|| format!("sqlite:{}", database.display()).into());
        let settings = DatabaseSettings { url: Some(url), url_file: None, data_dir: self.data_dir.clone(), ..defaults.config.database };
        if self.database_url.is_some() {
            is_empty(&settings)?;
        }
        remove(&database)?;
        let port = if self.walkthrough { 0 } else { 8080 };
        let config = Config {
            profile: Profile::Demo,
            bind: self.bind.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], port))),
            admin_bind: self.admin_bind.or(defaults.config.admin_bind).filter(|_| !self.walkthrough),
            database: settings,
            issuers_file: None,
            sidecar: SidecarSettings { folder: Some(checkpoints(&database)), url: None, url_file: None },
            ..defaults.config
        };
        let (ready, started) = mpsc::channel();
        let entries = self.entries;
        let server = std::thread::spawn(move || actix_web::rt::System::new().block_on(serve(config, entries, &ready)));
        let Ok((address, handle)) = started.recv() else {
            // The sender is gone: what the thread ended with says why.
            return server.join().unwrap_or_else(|_| Err("The service stopped.".to_owned()));
        };
        let client = Client::new(format!("http://{address}"), self.tokens()?);
        let now = Clock::real();
        let seeded = seed::seed(&client, now)?;
        if self.walkthrough {
            let played = walkthrough::play(&client, &seeded, now);
            actix_web::rt::System::new().block_on(handle.stop(true));
            drop(server.join());
            remove(&database)?;
            return played;
        }
        introduce(&client, &seeded);
        server.join().unwrap_or_else(|_| Err("The service stopped.".to_owned()))
    }

    fn tokens(&self) -> Result<Vec<(Role, String)>, String> {
        let key = keys::development_key(&self.data_dir).map_err(|fault| fault.to_string())?;
        Role::ALL
            .iter()
            .map(|role| {
                let (name, subject) = somebody(*role);
                let token = key.mint(&Minting { roles: &[*role], subject, minutes: 60, name }, Clock::real());
                Ok((*role, token.map_err(|fault| fault.to_string())?))
            })
            .collect()
    }
}

async fn serve(config: Config, entries: u64, ready: &mpsc::Sender<(SocketAddr, actix_web::dev::ServerHandle)>) -> Result<(), String> {
    let running = begun(config, entries).await?.listen()?;
    // Whoever waits for the address may have given up; then there is nobody to serve.
    drop(ready.send((running.address, running.server.handle())));
    running.until_stopped().await
}

/// The service at the time when the story begins, with so many entries before it.
pub async fn begun(config: Config, entries: u64) -> Result<Ready, String> {
    let (clock, beginning) = (Clock::system(), seed::beginning(Clock::real()));
    // The log begins with what is told, and its times never go back.
    let first = if entries > 0 { seed::days_before(beginning, 5 * 365) } else { beginning };
    clock.set(first, false);
    let ready = startup::build(config, clock.clone()).await?;
    if entries > 0 {
        let told = |so_far: u64| {
            if so_far.is_multiple_of(100_000) {
                eprintln!("{so_far} entries");
            }
        };
        let failed = |error| format!("The log cannot be filled: {error:?}.");
        // Not before the log began, a moment ago.
        ready.app.fill_log(entries, clock.now(), beginning, told).await.map_err(failed)?;
        clock.set(beginning, false);
        ready.app.sign_logs().await.map_err(|unsigned| unsigned.to_string())?;
    }
    clock.set(beginning, false);
    Ok(ready)
}

/// A database that is not the demonstration's own has nothing in it yet.
fn is_empty(settings: &DatabaseSettings) -> Result<(), String> {
    let mut found = Found::new(settings, Profile::Demo)?;
    if found.standing()?.is_begun() {
        return Err("--database-url names a database that is used already: a demonstration needs an empty one.".to_owned());
    }
    Ok(())
}

/// What was signed of the logs of this database goes with it.
fn checkpoints(database: &Path) -> PathBuf {
    database.with_extension("checkpoints")
}

/// The database of an earlier demonstration goes, with its checkpoints, and nothing else.
fn remove(database: &Path) -> Result<(), String> {
    if let Some(folder) = database.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("The folder {} cannot be made: {error}.", folder.display()))?;
    }
    let _unused_by_others = startup::database::claim(database)?;
    let gone = |path: &Path, removed: std::io::Result<()>| match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("The old demonstration {} cannot be removed: {error}.", path.display()))
        }
        _ => Ok(()),
    };
    for end in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{end}", database.display()));
        gone(&path, std::fs::remove_file(&path))?;
    }
    let signed = checkpoints(database);
    gone(&signed, std::fs::remove_dir_all(&signed))
}

fn introduce(client: &Client, seeded: &seed::Seeded) {
    let base = client.base();
    println!("sendiass answers on {base} with {} fictional families. Everything here is made up.\n", seeded.families.len());
    println!("Read the contract:   {base}/docs/");
    println!("The document:        {base}/openapi.json\n");
    println!("A token for each role, good for an hour (`sendiass token --role adviser` prints a fresh one):\n");
    for (role, token) in client.tokens() {
        println!("{}={token}\n", role.as_str().to_uppercase());
    }
    println!("Paste the lines above into a shell, then try:\n");
    let case = seeded.family("thornbeck").map_or("", |family| family.case.as_str());
    let recipient = &seeded.register.send_team;
    let lines = [
        format!("curl -s -w '\\n' {base}/api/v1/me -H \"Authorization: Bearer $ADVISER\""),
        format!("curl -s -w '\\n' {base}/api/v1/cases -H \"Authorization: Bearer $ADVISER\""),
        format!("curl -s -w '\\n' {base}/api/v1/cases/{case} -H \"Authorization: Bearer $ADVISER\""),
        format!(
            "curl -s -w '\\n' {base}/api/v1/cases/{case}/disclosure-checks -H \"Authorization: Bearer $ADVISER\" -H 'Content-Type: application/json' \\\n  \
             -d '{{\"basis\":\"permission\",\"purpose\":\"liaison\",\"direction\":\"outbound\",\"channel\":\"phone\",\"recipient\":{{\"recipientId\":\"{recipient}\",\"teamId\":\"{}\"}},\"noteIds\":[\"{}\"]}}'",
            seeded.register.south,
            seeded.family("thornbeck").map_or("", |family| family.note.as_str()),
        ),
        format!("curl -s -w '\\n' {base}/api/v1/tasks -H \"Authorization: Bearer $SERVICE_MANAGER\""),
        format!("curl -s -w '\\n' {base}/api/v1/disclosure-log -H \"Authorization: Bearer $AUDITOR\""),
    ];
    for line in lines {
        println!("  {line}\n");
    }
    println!("Control-C ends it.");
}
