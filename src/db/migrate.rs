//! The schema: brought up to date, looked at, taken back. The same names, tables and columns on both databases.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::{self, Conn};
use super::error::{Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// What the role of the running service may do, where there is one. Run again after each change of the schema.
const GRANTS: &str = include_str!("../../migrations/grants.sql");

/// Where one migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name, such as `0001_ground`.
    pub name: String,
    /// Whether it was applied.
    pub applied: bool,
}

/// Where the schema stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The migrations this version knows, in their order.
    pub steps: Vec<Step>,
    /// Applied, and not known to this version: a newer one was here.
    pub newer: Vec<String>,
}

impl Standing {
    /// Whether there is anything of this service at all.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.steps.iter().any(|step| step.applied)
    }

    /// Whether this version can work with it as it is.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.newer.is_empty() && self.steps.iter().all(|step| step.applied)
    }
}

fn broken(_: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Corrupt("schema")
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

fn rows<C>(conn: &mut C, query: &str) -> Result<Vec<String>>
where
    C: diesel::connection::LoadConnection,
    for<'q> diesel::query_builder::SqlQuery: diesel::query_dsl::LoadQuery<'q, C, Row>,
{
    Ok(diesel::sql_query(query).load::<Row>(conn)?.into_iter().map(|row| row.value).collect())
}

/// The names of the migrations this version knows, in their order.
fn names<DB: Backend>(source: &EmbeddedMigrations) -> Result<Vec<(String, String)>>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(broken)?;
    let mut names: Vec<_> = known.iter().map(|one| (one.name().version().to_string(), one.name().to_string())).collect();
    names.sort();
    Ok(names)
}

impl Conn {
    /// Where the schema stands. It only reads, so that a role that may do no more can ask.
    pub fn standing(&mut self) -> Result<Standing> {
        const APPLIED: &str = "SELECT version AS value FROM __diesel_schema_migrations ORDER BY version";
        let (known, applied) = match self {
            Self::Sqlite(conn) => {
                let begun = rows(conn, "SELECT name AS value FROM sqlite_master WHERE name = '__diesel_schema_migrations'")?;
                let applied = if begun.is_empty() { Vec::new() } else { rows(conn, APPLIED)? };
                (names::<Sqlite>(&SQLITE)?, applied)
            }
            Self::Pg(conn) => {
                let begun = rows(conn, "SELECT tablename::text AS value FROM pg_tables WHERE tablename = '__diesel_schema_migrations'")?;
                let applied = if begun.is_empty() { Vec::new() } else { rows(conn, APPLIED)? };
                (names::<Pg>(&POSTGRES)?, applied)
            }
        };
        let newer = applied.iter().filter(|version| !known.iter().any(|(name, _)| name == *version)).cloned().collect();
        let steps = known.into_iter().map(|(version, name)| Step { applied: applied.contains(&version), name }).collect();
        Ok(Standing { steps, newer })
    }

    /// Whether this role could change or remove what is written once. The embedded database knows no roles.
    pub fn may_rewrite(&mut self) -> Result<bool> {
        const KEPT: &str = "SELECT 'may' AS value FROM pg_tables WHERE schemaname = 'public' \
                            AND tablename ~ '^(disclosure|access)_(entry|leaf|subtree|checkpoint|cosignature|prune)$' \
                            AND has_table_privilege(quote_ident(tablename), 'UPDATE, DELETE, TRUNCATE, TRIGGER')";
        let Self::Pg(conn) = self else { return Ok(false) };
        Ok(!rows(conn, KEPT)?.is_empty())
    }

    /// Applies what is missing; the names of what was applied. Whoever comes while another is at it waits.
    pub fn migrate(&mut self) -> Result<Vec<String>> {
        self.alone(|conn| {
            let before = conn.standing()?;
            match conn {
                Conn::Sqlite(conn) => drop(MigrationHarness::<Sqlite>::run_pending_migrations(conn, SQLITE).map_err(broken)?),
                Conn::Pg(conn) => {
                    drop(MigrationHarness::<Pg>::run_pending_migrations(conn, POSTGRES).map_err(broken)?);
                    conn.batch_execute(GRANTS)?;
                }
            }
            Ok(before.steps.into_iter().filter(|step| !step.applied).map(|step| step.name).collect())
        })
    }

    /// Takes the last migration back, or none; its name.
    pub fn revert(&mut self) -> Result<Option<String>> {
        self.alone(|conn| {
            let last = conn.standing()?.steps.into_iter().rev().find(|step| step.applied);
            let Some(last) = last else { return Ok(None) };
            match conn {
                Conn::Sqlite(conn) => MigrationHarness::<Sqlite>::revert_last_migration(conn, SQLITE).map_err(broken)?,
                Conn::Pg(conn) => MigrationHarness::<Pg>::revert_last_migration(conn, POSTGRES).map_err(broken)?,
            };
            Ok(Some(last.name))
        })
    }

    /// Runs `f` while nobody else changes the schema. The embedded database is one process's alone already.
    fn alone<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        const TAKE: &str = "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock(3, 0)";
        const GIVE: &str = "SELECT pg_advisory_unlock(3, 0)";
        if let Self::Pg(conn) = self {
            conn.batch_execute(TAKE)?;
        }
        let done = f(self);
        if let Self::Pg(conn) = self {
            conn.batch_execute(GIVE)?;
            conn.batch_execute(conn::POSTGRES)?;
        }
        done
    }
}
