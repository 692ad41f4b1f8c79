//! The commands. Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 failed, 2 used wrongly.

mod backup;
pub mod demo;
mod keys;
mod log;
mod migrate;
mod open;
mod probe;
mod retention;
mod token;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::clock::Clock;
use crate::config::{Config, Profile};
use crate::http;
use crate::http::openapi::Service;
use crate::{startup, telemetry};

/// The confidential record of a SEND Information, Advice and Support Service.
#[derive(Debug, Parser)]
#[command(name = "sendiass", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// What the operator's log shows: `error`, `warn`, `info`.
    #[arg(long, env = "SENDIASS_LOG", default_value = "warn", global = true)]
    log: tracing::Level,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service.
    Serve(Box<Config>),
    /// Run it on a throw-away database with fictional families.
    Demo(Box<demo::Demo>),
    /// Bring the schema of the database up to date, look at it, or take its last step back.
    Migrate(migrate::Migrate),
    /// Show how the keys stand, or exchange them.
    Keys(keys::Keys),
    /// Care for the logs: let one go on after a backup was put back.
    Log(log::Log),
    /// See to it that what was disposed of is in no file of the database any more.
    Retention(retention::Retention),
    /// Copy the embedded database into a new file while the service runs.
    Backup(backup::Backup),
    /// Ask a service on this machine whether it is ready, for health checks.
    Probe(probe::Probe),
    /// Print an access token, for development and demonstration.
    Token(token::Token),
    /// Print the OpenAPI document.
    Openapi(Empty),
}

#[derive(Args, Debug)]
struct Empty {}

/// Runs the command that was asked for.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return log::usage(&error),
    };
    telemetry::start(cli.log);
    if let Command::Token(token) = &cli.command
        && let Err(sentence) = token.check()
    {
        eprintln!("sendiass: {sentence}");
        return ExitCode::from(2);
    }
    let done = match cli.command {
        Command::Serve(config) => actix_web::rt::System::new().block_on(serve(*config, cli.log)),
        Command::Demo(demo) => demo.run(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Keys(keys) => keys.run(),
        Command::Log(log) => return log.run(),
        Command::Retention(retention) => retention.run(),
        Command::Backup(backup) => backup.run(),
        Command::Probe(probe) => probe.run(),
        Command::Token(token) => token.print(),
        Command::Openapi(Empty {}) => print_document(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("sendiass: {sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config, log: tracing::Level) -> Result<(), String> {
    if config.profile == Profile::Production && log > tracing::Level::INFO {
        return Err("SENDIASS_LOG must be `error`, `warn` or `info` in production.".to_owned());
    }
    if config.profile == Profile::Demo {
        return Err("The profile `demo` is that of `sendiass demo`, which makes its own throw-away database.".to_owned());
    }
    let ready = startup::build(config, Clock::system()).await?;
    if let Some(sentence) = &ready.forked {
        eprintln!("sendiass: {sentence}");
    }
    let running = ready.listen()?;
    let operator = running.admin.map(|admin| format!(", and its operator on http://{admin}")).unwrap_or_default();
    eprintln!("sendiass answers on http://{}{operator}", running.address);
    running.until_stopped().await
}

fn print_document() -> Result<(), String> {
    let service = Service::build(http::operations()).map_err(|faults| faults.join("\n"))?;
    let document = String::from_utf8(service.contract().written().to_vec()).map_err(|error| error.to_string())?;
    println!("{}", document.trim_end());
    Ok(())
}
