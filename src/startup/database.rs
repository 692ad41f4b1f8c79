//! The database as the operator meets it: found, claimed, brought up to date, or one sentence on what to do.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::config::{DatabaseSettings, Named, Profile};
use crate::db::conn::{Conn, Demands, Place, Unfit};
use crate::db::migrate::Standing;

/// How many connections to a server at most, and how many that read the embedded database.
const CONNECTIONS: (u32, u32) = (8, 4);

/// A database that answers. It stays claimed for as long as this lives.
pub struct Found {
    /// Where it is.
    pub place: Place,
    /// How strict its connections are.
    pub demands: Demands,
    /// How many connections to it at most.
    pub connections: u32,
    /// How it is called in sentences: never with its address, in which a password may stand.
    pub shown: String,
    /// The first connection.
    pub conn: Conn,
    /// An embedded database is one process's alone.
    pub claim: Option<File>,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Found({})", self.shown)
    }
}

impl Found {
    /// Finds the database that was named. An embedded one is made where there is none; a server must be there.
    pub fn new(settings: &DatabaseSettings, profile: Profile) -> Result<Self, String> {
        let demands = Demands { encrypted: profile == Profile::Production, unsafe_server: settings.unsafe_server };
        let (place, shown, claim, usual) = match settings.named()? {
            Named::File(path) => {
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    std::fs::create_dir_all(folder).map_err(|error| format!("The folder {} cannot be made: {error}.", folder.display()))?;
                }
                let claim = claim(&path)?;
                let shown = format!("database {}", path.display());
                (Place::File(path), shown, Some(claim), CONNECTIONS.1)
            }
            Named::Server(url) => (Place::Server(url.expose().to_owned()), "PostgreSQL database".to_owned(), None, CONNECTIONS.0),
        };
        let conn = place.connect(demands).map_err(|unfit| sentence(&place, &shown, unfit))?;
        Ok(Self { place, demands, connections: settings.connections.unwrap_or(usual), shown, conn, claim })
    }

    /// Where the schema stands; never newer than this version knows.
    pub fn standing(&mut self) -> Result<Standing, String> {
        let standing = self.conn.standing().map_err(|_| format!("The {} is not a database of this service.", self.shown))?;
        if standing.newer.is_empty() {
            return Ok(standing);
        }
        Err(format!(
            "The {} has a newer schema than this version knows ({}): run the newer version.",
            self.shown,
            standing.newer.join(", ")
        ))
    }

    /// Sees to it that the schema is up to date. In production on a server that is the work of `sendiass migrate run`, by the role that owns it.
    pub fn bring_up_to_date(&mut self, profile: Profile) -> Result<(), String> {
        if self.standing()?.is_current() {
            return Ok(());
        }
        if profile == Profile::Production && matches!(self.place, Place::Server(_)) {
            return Err(format!(
                "The schema of the {} is not up to date: run `sendiass migrate run` as the role that owns it.",
                self.shown
            ));
        }
        self.migrate().map(drop)
    }

    /// In production the service runs as a role that cannot change what is written once, whatever it is made to say.
    pub fn check_role(&mut self, profile: Profile) -> Result<(), String> {
        let failed = |_| format!("The {} does not say what this role may do.", self.shown);
        if profile == Profile::Production && self.conn.may_rewrite().map_err(failed)? {
            return Err("The role in SENDIASS_DATABASE_URL may change what is written once: run the service as `sendiass_app` \
                        (docs/postgresql-roles.sql)."
                .to_owned());
        }
        Ok(())
    }

    /// Applies what is missing, and says what that was.
    pub fn migrate(&mut self) -> Result<Vec<String>, String> {
        self.standing()?;
        self.conn.migrate().map_err(|_| {
            format!("The schema of the {} cannot be brought up to date: may this role make tables, and is the disk not full?", self.shown)
        })
    }
}

fn sentence(place: &Place, shown: &str, unfit: Unfit) -> String {
    match (place, unfit) {
        (Place::File(_), Unfit::Unreachable(_)) => {
            format!("The {shown} cannot be opened: is the folder writable, and the file a database of this service?")
        }
        (Place::Server(_), Unfit::Unreachable(why)) => {
            format!("PostgreSQL cannot be reached ({}): check SENDIASS_DATABASE_URL, and that the server runs.", why.trim_end_matches('.'))
        }
        (_, Unfit::Setting(name)) => {
            format!("The {shown} is not safe: its setting `{name}` is not what it must be. Put it right, or name another database.")
        }
        (_, Unfit::Plain) => format!("The way to PostgreSQL is not encrypted: {VERIFIED}, or put the server on this machine."),
        (_, Unfit::Unverified) => format!("Nobody made sure who answers as PostgreSQL: {VERIFIED}."),
        (_, Unfit::WithoutTls) => {
            "This build cannot encrypt the way to PostgreSQL: take one with the feature `postgres-tls`, or leave `sslmode` out of \
             SENDIASS_DATABASE_URL."
                .to_owned()
        }
    }
}

/// How production reaches a server on another machine.
const VERIFIED: &str =
    "add `?sslmode=verify-full&sslrootcert=FILE` to SENDIASS_DATABASE_URL, with a build that has the feature `postgres-tls`";

/// Claims an embedded database for this process alone: one process writes it, and only its owner reads its files. The claim ends with the
/// process.
pub fn claim(path: &Path) -> Result<File, String> {
    let private = |path: &Path| OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
    let failed = |error: std::io::Error| format!("The database {} cannot be opened: {error}.", path.display());
    let lock = private(&path.with_added_extension("lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(format!("The database {} is in use by another process.", path.display())),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    private(path).map_err(failed)?;
    Ok(lock)
}
