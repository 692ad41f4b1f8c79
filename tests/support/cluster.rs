//! The databases of the tests: each test runs on the embedded one and again, in a process of its own, on PostgreSQL.
//!
//! PostgreSQL is the server of `TEST_DATABASE_URL` (a superuser's address), or else a throw-away cluster of the server binaries of this
//! machine, which listens on a socket alone, does not sync, and ends when no test has used it for a while. Each test has a database of its
//! own, cloned from one that was migrated once. Where there is neither, one says so loudly, and `SENDIASS_TEST_POSTGRES=required` fails.
//! Over 350 lines because a throw-away cluster, its databases and its end belong together.

use std::cell::Cell;
use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};

#[path = "own.rs"]
pub mod own;

/// Says which half of a test this process runs.
const ENGINE: &str = "SENDIASS_TEST_ENGINE";

/// Nobody in particular: what a server runs as where the tests run as root, which it refuses.
const NOBODY: u32 = 65_534;

/// Ends the server when nobody has held the file of its users for ten seconds. Whoever comes meanwhile waits, and starts another.
const KEEPER: &str = r#"
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
    -c max_connections=300 -c shared_buffers=64MB -c max_wal_size=4GB -c wal_recycle=off -c autovacuum=off >"$2/server.log" 2>&1 &
server=$!
idle=0
while kill -0 $server 2>/dev/null; do
    sleep 1
    if flock -n -x "$3" true; then idle=$((idle + 1)); else idle=0; fi
    [ $idle -ge 10 ] && flock -n -x "$3" sh -c 'kill -INT "$0"; while kill -0 "$0" 2>/dev/null; do sleep 0.1; done; rm -rf "$1"' $server "$2" && exit 0
done
"#;

/// Whether this process is the half on PostgreSQL.
pub fn is_postgres() -> bool {
    env::var_os(ENGINE).is_some_and(|engine| engine == "postgres")
}

/// The words for the database of this half.
pub fn by_engine(embedded: &'static str, postgres: &'static str) -> &'static str {
    if is_postgres() { postgres } else { embedded }
}

/// Runs this very test again on PostgreSQL in a process of its own, once, and fails as it does.
#[track_caller]
pub fn on_postgres_too() {
    thread_local!(static DONE: Cell<bool> = const { Cell::new(false) });
    if is_postgres() || DONE.replace(true) {
        return;
    }
    let thread = std::thread::current();
    let Some(test) = thread.name().filter(|name| *name != "main") else {
        return missing("tests that run in the main thread cannot be run again: set RUST_TEST_THREADS to 2 or more");
    };
    if server().is_none() {
        return;
    }
    let child = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=2"])
        .env(ENGINE, "postgres")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = || format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success(), "on PostgreSQL:\n{}", shown());
    assert!(shown().contains("1 passed"), "{test} did not run on PostgreSQL:\n{}", shown());
}

/// Nothing was tested on PostgreSQL: loud, and a failure where it is required.
pub fn missing(why: &str) {
    static SAID: OnceLock<()> = OnceLock::new();
    SAID.get_or_init(|| {
        // Past the test runner, which keeps what tests print to itself.
        let _unheard = writeln!(std::io::stderr(), "\n*** PostgreSQL WAS NOT TESTED: {why}. ***\n");
    });
    assert!(env::var_os("SENDIASS_TEST_POSTGRES").is_none_or(|wish| wish != "required"), "PostgreSQL was not tested: {why}");
}

/// The binaries of a PostgreSQL server: those in the folder of `TEST_POSTGRES_BINARIES`, or the newest of this machine.
pub fn binaries() -> Option<PathBuf> {
    if let Some(chosen) = env::var_os("TEST_POSTGRES_BINARIES").map(PathBuf::from) {
        assert!(chosen.join("initdb").exists(), "TEST_POSTGRES_BINARIES is the folder of `initdb` and `postgres`");
        return Some(chosen);
    }
    let mut installed: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().map(|entry| entry.unwrap().path().join("bin")).collect();
    installed.sort();
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    installed.into_iter().rev().chain(on_path).find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

/// A command of the server's binaries, as somebody who is not root.
pub fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// A folder that the server may call its own.
pub fn private_folder(path: &Path) {
    fs::create_dir_all(path).unwrap();
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// Makes the data of a new cluster, with a superuser `postgres` whom everybody on this machine may be.
pub fn initdb(binaries: &Path, data: &Path, options: &[&str]) {
    let made = unprivileged(&binaries.join("initdb"))
        .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--pgdata"])
        .arg(data)
        .args(options)
        .output()
        .unwrap();
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
}

/// Waits until a server answers.
pub fn wait_for(url: &str) -> PgConnection {
    let since = Instant::now();
    loop {
        match PgConnection::establish(url) {
            Ok(conn) => return conn,
            Err(error) => assert!(since.elapsed() < Duration::from_secs(30), "PostgreSQL does not start: {error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[derive(diesel::QueryableByName)]
struct Bytes {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    bytes: Vec<u8>,
}

#[derive(diesel::QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

/// A server for tests: how a role reaches a database of it.
struct Server {
    address: Address,
    /// Held shared for as long as this process lives.
    _user: Option<File>,
}

enum Address {
    Socket(PathBuf),
    /// Everything before the user, from the host to the database, and after it.
    Given {
        host: String,
        parameters: String,
        admin: String,
    },
}

/// The password of the roles on a server that asks for one.
pub const PASSWORD: &str = "for-tests-only";

impl Server {
    fn url(&self, role: &str, database: &str) -> String {
        match &self.address {
            Address::Socket(folder) => format!("postgres:///{database}?host={}&user={role}", folder.display()),
            Address::Given { host, parameters, .. } => format!("postgres://{role}:{PASSWORD}@{host}/{database}{parameters}"),
        }
    }

    fn admin(&self, database: &str) -> String {
        match &self.address {
            Address::Socket(_) => self.url("postgres", database),
            Address::Given { host, parameters, admin } => format!("postgres://{admin}@{host}/{database}{parameters}"),
        }
    }
}

/// The server, started if it does not run yet.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let found = SERVER.get_or_init(|| {
        if let Some(url) = env::var_os("TEST_DATABASE_URL").and_then(|url| url.into_string().ok()) {
            return Some(given(&url));
        }
        Some(private(&binaries()?))
    });
    if found.is_none() {
        missing("set TEST_DATABASE_URL to a superuser's address, or install a PostgreSQL server (Debian: postgresql)");
    }
    found.as_ref()
}

fn given(url: &str) -> Server {
    let form = "TEST_DATABASE_URL is postgres://SUPERUSER:PASSWORD@HOST/DATABASE";
    let rest = url.split_once("://").expect(form).1;
    let (admin, rest) = rest.split_once('@').expect(form);
    let (host, rest) = rest.split_once('/').expect(form);
    let parameters = rest.find('?').map_or("", |at| &rest[at..]);
    let address = Address::Given { host: host.to_owned(), parameters: parameters.to_owned(), admin: admin.to_owned() };
    Server { address, _user: None }
}

fn private(binaries: &Path) -> Server {
    let mut place = DefaultHasher::new();
    (env!("CARGO_MANIFEST_DIR"), is_root(), binaries).hash(&mut place);
    let folder = env::temp_dir().join(format!("sendiass-tests-{:016x}", place.finish()));
    let users = folder.with_extension("users");
    // First of all, so that the keeper does not end what this process is about to use.
    let user = File::create(&users).unwrap();
    user.lock_shared().unwrap();
    let starting = File::create(folder.with_extension("starting")).unwrap();
    starting.lock().unwrap();
    let server = Server { address: Address::Socket(folder.clone()), _user: Some(user) };
    if PgConnection::establish(&server.admin("postgres")).is_err() {
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        private_folder(&folder);
        initdb(binaries, &folder.join("data"), &[]);
        if is_root() {
            chown(&users, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        unprivileged(Path::new("/bin/sh"))
            .args(["-c", KEEPER, "keeper"])
            .args([binaries, &folder, &users])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map(drop)
            .unwrap();
        wait_for(&server.admin("postgres"));
    }
    drop(starting);
    server
}

/// A database of PostgreSQL that goes when this does.
pub struct Scratch {
    name: String,
}

impl Scratch {
    /// A database whose schema is up to date; `migrate` brings that of the first up to date, as its owner.
    pub fn migrated(migrate: impl FnOnce(&str)) -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| template(migrate));
        Self::new(Some(template))
    }

    /// A database with the roles of the service, and without a schema.
    pub fn empty() -> Self {
        Self::new(None)
    }

    fn new(template: Option<&str>) -> Self {
        let name = format!("sendiass_test_{}", uuid::Uuid::new_v4().simple());
        let server = server().expect("the half on PostgreSQL runs where there is one");
        create(&mut PgConnection::establish(&server.admin("postgres")).unwrap(), &name, template);
        if template.is_none() {
            roles(server, &name);
        }
        Self { name }
    }

    /// How the service reaches it: as the role that may not change what is written once.
    pub fn url(&self) -> String {
        server().unwrap().url("sendiass_app", &self.name)
    }

    /// How its owner reaches it, for what the API forbids.
    pub fn owner_url(&self) -> String {
        server().unwrap().url("sendiass_owner", &self.name)
    }

    /// Everything in its tables.
    pub fn dump(&self) -> Vec<u8> {
        dump(&self.admin_url())
    }

    /// Every byte of the files of its tables and their indexes, and of what the planner knows of their values, as the server has written them.
    pub fn files(&self) -> Vec<u8> {
        self.read(
            "SELECT pg_read_binary_file(pg_relation_filepath(oid)) AS bytes FROM pg_class WHERE oid = 'pg_statistic'::regclass \
             OR relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace) AND relkind IN ('r', 'i', 't') AND relfilenode <> 0",
        )
    }

    /// Every byte of its write-ahead log.
    #[allow(dead_code, reason = "each test binary uses another part of it, and one all")]
    pub fn written_ahead(&self) -> Vec<u8> {
        self.read("SELECT pg_read_binary_file('pg_wal/' || name) AS bytes FROM pg_ls_waldir()")
    }

    fn read(&self, files: &str) -> Vec<u8> {
        let mut admin = PgConnection::establish(&self.admin_url()).unwrap();
        admin.batch_execute("CHECKPOINT").unwrap();
        let files: Vec<Bytes> = diesel::sql_query(files).load(&mut admin).unwrap();
        files.into_iter().flat_map(|file| file.bytes).collect()
    }

    /// What the superuser of a server does after a sweep (docs/production.md). This one does not use the files of its write-ahead log again.
    #[allow(dead_code, reason = "each test binary uses another part of it, and one all")]
    pub fn finish(&self) {
        let mut admin = PgConnection::establish(&self.admin_url()).unwrap();
        for step in ["DELETE FROM pg_statistic", "VACUUM (FULL) pg_statistic", "ANALYZE", "SELECT pg_switch_wal()", "CHECKPOINT"] {
            admin.batch_execute(step).unwrap();
        }
    }

    /// How a superuser reaches it.
    pub fn admin_url(&self) -> String {
        server().unwrap().admin(&self.name)
    }
}

/// Everything in the tables of a database that a superuser reaches so, one value after the other, bytes that are letters as letters.
pub fn dump(url: &str) -> Vec<u8> {
    let mut admin = PgConnection::establish(url).unwrap();
    let tables: Vec<Text> =
        diesel::sql_query("SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public'").load(&mut admin).unwrap();
    let mut all = Vec::new();
    for Text { text } in tables {
        let columns: Vec<Text> = diesel::sql_query(
            "SELECT CASE WHEN data_type = 'bytea' THEN format('encode(%I, ''escape'')', column_name) ELSE format('%I::text', column_name) END \
             AS text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1",
        )
        .bind::<diesel::sql_types::Text, _>(&text)
        .load(&mut admin)
        .unwrap();
        let columns: Vec<String> = columns.into_iter().map(|column| column.text).collect();
        let all_of_it = format!("SELECT concat_ws(' ', {}) AS text FROM public.{text}", columns.join(", "));
        let rows: Vec<Text> = diesel::sql_query(all_of_it).load(&mut admin).unwrap();
        all.extend(rows.into_iter().flat_map(|row| row.text.into_bytes()));
    }
    all
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut admin = PgConnection::establish(&server().unwrap().admin("postgres")).unwrap();
        admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).unwrap();
    }
}

fn create(admin: &mut PgConnection, name: &str, template: Option<&str>) {
    admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {}", template.unwrap_or("template0"))).unwrap();
    if template.is_some() {
        // Who may come in, and make tables of a session's own, is not copied with it. The owner may here, to put aside what a test damages.
        admin.batch_execute(&format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC")).unwrap();
        admin.batch_execute(&format!("GRANT CONNECT ON DATABASE {name} TO sendiass_owner, sendiass_app")).unwrap();
        admin.batch_execute(&format!("GRANT TEMPORARY ON DATABASE {name} TO sendiass_owner")).unwrap();
    }
}

/// The roles of the service, by the script that operators run.
fn roles(server: &Server, database: &str) {
    // Roles belong to the server, and two databases at once would both make them; a lock belongs to a database.
    let mut guard = PgConnection::establish(&server.admin("postgres")).unwrap();
    guard.batch_execute("SELECT pg_advisory_lock(4, 0)").unwrap();
    let mut admin = PgConnection::establish(&server.admin(database)).unwrap();
    admin.batch_execute(include_str!("../../docs/postgresql-roles.sql")).unwrap();
    if let Address::Given { .. } = server.address {
        admin
            .batch_execute(&format!("ALTER ROLE sendiass_owner PASSWORD '{PASSWORD}'; ALTER ROLE sendiass_app PASSWORD '{PASSWORD}'"))
            .unwrap();
    }
}

/// The database that others are cloned from: made once for each state of the schema.
fn template(migrate: impl FnOnce(&str)) -> String {
    let server = server().expect("the half on PostgreSQL runs where there is one");
    let mut schema = DefaultHasher::new();
    include_str!("../../migrations/grants.sql").hash(&mut schema);
    include_str!("../../docs/postgresql-roles.sql").hash(&mut schema);
    for folder in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres")) {
        for file in files(&folder) {
            fs::read(file).unwrap().hash(&mut schema);
        }
    }
    let name = format!("sendiass_template_{:016x}", schema.finish());
    let mut admin = PgConnection::establish(&server.admin("postgres")).unwrap();
    // One process makes it; it has its name only when it is whole.
    admin.batch_execute("SELECT pg_advisory_lock(5, 0)").unwrap();
    let known = diesel::sql_query("SELECT 1 FROM pg_database WHERE datname = $1").bind::<diesel::sql_types::Text, _>(&name);
    if known.execute(&mut admin).unwrap() == 0 {
        let raw = format!("{name}_raw");
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {raw}")).unwrap();
        create(&mut admin, &raw, None);
        roles(server, &raw);
        migrate(&server.url("sendiass_owner", &raw));
        admin.batch_execute(&format!("ALTER DATABASE {raw} RENAME TO {name}")).unwrap();
    }
    name
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
