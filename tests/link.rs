//! The way to PostgreSQL in production: a socket, this machine, or TLS to whom the certificate names; nothing else.
//!
//! To be on another machine's side of a wire without leaving this one, the test runs again in a network of its own, in which the server has an
//! address that is not loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[allow(dead_code, reason = "shared with the tests that have a database each")]
#[path = "support/cluster.rs"]
mod cluster;

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use cluster::own::Own;
use sendiass::db::conn::{Demands, Place, Unfit};
use uuid::Uuid;

/// An address of the network that the test makes for itself.
const ELSEWHERE: &str = "10.77.0.1";
const INSIDE: &str = "SENDIASS_TEST_NETWORK";

/// How that server is reached at a host, or by the folder of a socket.
fn url(host: &str, more: &str) -> String {
    format!("postgres:///postgres?host={host}&user=postgres{more}")
}

/// Goes there as production does.
fn try_at(host: &str, more: &str) -> Result<(), Unfit> {
    Place::Server(url(host, more)).connect(Demands { encrypted: true, unsafe_server: true }).map(drop)
}

/// A server in a folder of its own, with a socket, this machine's own address, and one that looks like another machine's.
fn start() -> Option<Own> {
    let folder = std::env::temp_dir().join(format!("sendiass-link-{}", Uuid::new_v4().simple()));
    let listen = format!("listen_addresses=127.0.0.1,{ELSEWHERE}");
    let settings = [&listen, "ssl=on", "ssl_cert_file=../server.crt", "ssl_key_file=../server.key"];
    Own::start_in(folder, &[], &settings, |folder| {
        // Both addresses of the service's own network may come in without a password, as the socket may.
        let mut rules = std::fs::OpenOptions::new().append(true).open(folder.join("data/pg_hba.conf")).unwrap();
        writeln!(rules, "host all all {ELSEWHERE}/32 trust").unwrap();
        for name in ["server", "other"] {
            certificate(folder, name);
        }
    })
}

#[cfg(feature = "postgres-tls")]
fn root(own: &Own, name: &str) -> String {
    format!("&sslmode=verify-full&sslrootcert={}/{name}.crt", own.folder().display())
}

/// A certificate for that address, signed by itself.
fn certificate(folder: &Path, name: &str) {
    let made = cluster::unprivileged(Path::new("openssl"))
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=postgres"])
        .args(["-addext", &format!("subjectAltName=IP:{ELSEWHERE}"), "-keyout"])
        .arg(folder.join(format!("{name}.key")))
        .arg("-out")
        .arg(folder.join(format!("{name}.crt")))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Runs this test again in a network of its own, and fails as it does. Whether this is that run.
fn in_a_network_of_its_own() -> bool {
    let missing = |what: &str| {
        // Past the test runner, which keeps what tests print to itself.
        let _unheard = writeln!(std::io::stderr(), "\n*** THE WAY TO ANOTHER MACHINE WAS NOT TESTED: {what}. ***\n");
    };
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !Command::new("unshare").args(["--net", "ip", "link", "set", "lo", "up"]).output().is_ok_and(|made| made.status.success()) {
        missing("it needs root, `unshare` and `ip`, to make a network of its own");
        return false;
    }
    let enter = format!("ip link set lo up && ip address add {ELSEWHERE}/32 dev lo && exec \"$0\" \"$@\"");
    let thread = std::thread::current();
    let child = Command::new("unshare")
        .args(["--net", "sh", "-c", &enter])
        .arg(std::env::current_exe().unwrap())
        .args([thread.name().unwrap(), "--exact", "--nocapture", "--test-threads=2"])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    let shown = format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && shown.contains("1 passed"), "in a network of its own:\n{shown}");
    false
}

#[test]
fn production_reaches_another_machine_by_verified_tls_only() {
    if !in_a_network_of_its_own() {
        return;
    }
    let Some(server) = start() else { return };
    let socket = server.folder().display().to_string();
    assert_eq!(try_at(&socket, ""), Ok(()));
    assert_eq!(try_at("127.0.0.1", "&sslmode=disable"), Ok(()));
    assert_eq!(try_at(ELSEWHERE, "&sslmode=disable"), Err(Unfit::Plain));
    let lenient = Place::Server(url(ELSEWHERE, "&sslmode=disable")).connect(Demands { encrypted: false, unsafe_server: true });
    assert!(lenient.is_ok());
    // Whoever passes it on from this machine to another does not make the way private.
    let relayed = format!("&port={}&sslmode=disable", relay());
    assert_eq!(try_at("127.0.0.1", &relayed), Err(Unfit::Plain));
    verified(&server);
    restrained(&server);
}

/// Passes on what comes to this machine to the server at its other address; the port.
fn relay() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for near in listener.incoming() {
            let (mut near, mut far) = (near.unwrap(), TcpStream::connect((ELSEWHERE, 5432)).unwrap());
            let (mut from, mut to) = (far.try_clone().unwrap(), near.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || std::io::copy(&mut near, &mut far));
        }
    });
    port
}

/// Production does not run as a role that could rewrite the record.
fn restrained(server: &Own) {
    let address = |role: &str| server.url(role, "postgres");
    server.execute("postgres", include_str!("../docs/postgresql-roles.sql"));
    let run = |arguments: &[&str], role: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        let output = command.args(arguments).args(["--profile", "production", "--database-url", &address(role)]).output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let (migrated, talk) = run(&["migrate", "run"], "sendiass_owner");
    assert!(migrated, "{talk}");
    let keys: Vec<String> = (0..3).map(|_| format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())).collect();
    let serve = ["serve", "--issuers-file", "/nowhere", "--key-encryption-key", &keys[0], "--index-key", &keys[1], "--log-key", &keys[2]];
    for (role, sentence) in [("sendiass_owner", "written once"), ("postgres", "written once"), ("sendiass_app", "The issuers")] {
        let (started, talk) = run(&serve, role);
        assert!(!started && talk.contains(sentence) && talk.lines().count() == 1, "{role}: {talk}");
    }
}

#[cfg(not(feature = "postgres-tls"))]
fn verified(_server: &Own) {
    assert_eq!(try_at(ELSEWHERE, "&sslmode=verify-full"), Err(Unfit::WithoutTls));
}

#[cfg(feature = "postgres-tls")]
fn verified(server: &Own) {
    use diesel::RunQueryDsl;

    #[derive(diesel::QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }

    let fails = |host: &str, root: &str, why: &str| {
        let Err(Unfit::Unreachable(said)) = try_at(host, root) else { panic!("{host} was reached") };
        assert!(said.contains(why), "{said}");
    };
    assert_eq!(try_at(ELSEWHERE, ""), Err(Unfit::Unverified));
    assert_eq!(try_at(ELSEWHERE, "&sslmode=require"), Err(Unfit::Unverified));
    assert_eq!(try_at(ELSEWHERE, &root(server, "server")), Ok(()));
    fails(ELSEWHERE, &root(server, "other"), "certificate verify failed");
    fails(ELSEWHERE, &root(server, "missing"), "does not exist");
    // The certificate does not name this address.
    fails("127.0.0.1", &root(server, "server"), "does not match host name");
    let demands = Demands { encrypted: true, unsafe_server: true };
    let mut conn = Place::Server(url(ELSEWHERE, &root(server, "server"))).connect(demands).unwrap();
    let query = "SELECT version FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()";
    assert_eq!(diesel::sql_query(query).get_result::<Version>(&mut conn).unwrap().version, "TLSv1.3");
}
