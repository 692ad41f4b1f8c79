//! The `sendiass` command.

fn main() {}
