//! The `sendiass` command.

fn main() -> std::process::ExitCode {
    sendiass::cli::run()
}
