//! The way to the database, which a test can cut in the ways ways are cut.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the way does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Nobody listens.
    Refusing,
    /// What is sent disappears. Connections of before never say a word again, not even when the way is open.
    Silent,
    /// A COMMIT ends the connection: every other one reaches the database first.
    ResetAtCommit,
    /// Each message takes so long.
    Slow(Duration),
}

struct State {
    server: PathBuf,
    way: Mutex<Way>,
    /// Counts the cuts: a connection of before one is lost.
    cuts: AtomicUsize,
    commits: AtomicUsize,
    over: AtomicBool,
}

impl State {
    fn way(&self) -> Way {
        *self.way.lock().unwrap()
    }

    fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

/// A port that leads to the socket of a server.
pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

/// How often one looks whether something has changed.
const TICK: Duration = Duration::from_millis(5);

impl Proxy {
    pub fn to(server: &Path) -> Self {
        let state = State {
            server: server.to_owned(),
            way: Mutex::new(Way::Open),
            cuts: AtomicUsize::new(0),
            commits: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        };
        let state = Arc::new(state);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let of_thread = state.clone();
        std::thread::spawn(move || accept(&of_thread, listener, port));
        Self { port, state }
    }

    /// From now on the way does this.
    pub fn becomes(&self, way: Way) {
        let mut now = self.state.way.lock().unwrap();
        *now = way;
        if [Way::Refusing, Way::Silent].contains(&way) {
            self.state.cuts.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Ends all connections in the middle of whatever they say, and takes new ones.
    pub fn reset(&self) {
        self.state.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
    }
}

fn accept(state: &Arc<State>, listener: TcpListener, port: u16) {
    let mut listener = Some(listener);
    while !state.is_over() {
        std::thread::sleep(TICK);
        if state.way() == Way::Refusing {
            listener = None;
            continue;
        }
        let listening = listener.get_or_insert_with(|| TcpListener::bind(("127.0.0.1", port)).unwrap());
        listening.set_nonblocking(true).unwrap();
        // While the way is silent, whoever calls is kept waiting by the system.
        if state.way() == Way::Silent {
            continue;
        }
        let Ok((client, _)) = listening.accept() else { continue };
        client.set_nonblocking(false).unwrap();
        client.set_nodelay(true).unwrap();
        // Closed without a word to the other side, it is reset.
        socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
        let Ok(server) = UnixStream::connect(&state.server) else { continue };
        let (client, server) = (Arc::new(client), Arc::new(server));
        client.set_read_timeout(Some(TICK)).unwrap();
        server.set_read_timeout(Some(TICK)).unwrap();
        let pair = Arc::new(Pair { client, server, cuts: state.cuts(), ended: AtomicBool::new(false) });
        for to_server in [true, false] {
            let (state, pair) = (state.clone(), pair.clone());
            std::thread::spawn(move || {
                pair.carry(&state, to_server);
                pair.ended.store(true, Ordering::SeqCst);
            });
        }
    }
}

/// A connection through the proxy.
struct Pair {
    client: Arc<TcpStream>,
    server: Arc<UnixStream>,
    cuts: usize,
    ended: AtomicBool,
}

impl Pair {
    /// Carries what is sent in one direction, until one side or the proxy ends.
    fn carry(&self, state: &State, to_server: bool) {
        let mut silenced = false;
        let mut buffer = [0; 16_384];
        while !state.is_over() && !self.ended.load(Ordering::SeqCst) {
            silenced |= self.cuts != state.cuts() && state.way() == Way::Silent;
            if silenced {
                std::thread::sleep(TICK);
                continue;
            }
            if self.cuts != state.cuts() {
                return;
            }
            let read = if to_server { (&*self.client).read(&mut buffer) } else { (&*self.server).read(&mut buffer) };
            let length = match read {
                Ok(0) => return,
                Ok(length) => length,
                Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => continue,
                Err(_) => return,
            };
            let said = &buffer[..length];
            match state.way() {
                Way::Silent => continue,
                Way::Slow(delay) => std::thread::sleep(delay),
                Way::ResetAtCommit if to_server && said.windows(6).any(|words| words == b"COMMIT") => {
                    if state.commits.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
                        // It arrives; its answer does not.
                        drop((&*self.server).write_all(said));
                    }
                    return;
                }
                _ => {}
            }
            let written = if to_server { (&*self.server).write_all(said) } else { (&*self.client).write_all(said) };
            if written.is_err() {
                return;
            }
        }
    }
}
