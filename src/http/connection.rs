//! Connections: one that asks for nothing, or does not take its answer, is cut.
//!
//! The server below limits the time for the head of the first request of a connection, and of idle connections. It does not for the head of
//! a later one, for what is left of a body that was refused, and for an answer that is not read: one slow client could hold a connection for
//! ever. So whatever it is: a connection on which no request was being served for some seconds is over.

use std::any::Any;
use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::Extensions;
use actix_web::rt::{self, net::TcpStream};
use socket2::{SockRef, Socket};
use tokio::sync::oneshot;

/// For how long a connection may go without a request being served. Longer than an idle connection is kept, and than the head of a
/// first request may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What happens on a connection.
#[derive(Debug)]
struct Activity {
    serving: usize,
    since: Instant,
}

/// A connection.
#[derive(Debug)]
pub struct Line {
    activity: Arc<Mutex<Activity>>,
    /// Dropped with the connection.
    _open: oneshot::Sender<()>,
}

/// A request that is being served on a connection, until this is dropped.
#[derive(Debug)]
pub(super) struct Serving(Arc<Mutex<Activity>>);

fn change(activity: &Mutex<Activity>, change: impl FnOnce(&mut Activity)) {
    let mut activity = activity.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut activity);
    activity.since = Instant::now();
}

impl Drop for Serving {
    fn drop(&mut self) {
        change(&self.0, |activity| activity.serving = activity.serving.saturating_sub(1));
    }
}

/// Tells that an answer that takes long is being read.
#[derive(Clone, Debug)]
pub(super) struct Pulse(Arc<Mutex<Activity>>);

impl Pulse {
    /// Some of it was taken.
    pub(super) fn beat(&self) {
        change(&self.0, |_| {});
    }
}

impl Line {
    /// For an answer that goes on after its request was served.
    pub(super) fn pulse(&self) -> Pulse {
        Pulse(self.activity.clone())
    }

    /// A request begins to be served on it.
    pub(super) fn serve(&self) -> Serving {
        change(&self.activity, |activity| activity.serving += 1);
        Serving(self.activity.clone())
    }
}

/// Watches a connection that was accepted, until it is closed: by its client, by the server, or here.
pub fn watch(stream: &dyn Any, data: &mut Extensions) {
    // A second handle is needed to cut it; without one there are too many connections already.
    let Some(Ok(socket)) = stream.downcast_ref::<TcpStream>().map(|stream| SockRef::from(stream).try_clone()) else { return };
    let activity = Arc::new(Mutex::new(Activity { serving: 0, since: Instant::now() }));
    let (open, closed) = oneshot::channel();
    rt::spawn(cut(socket, activity.clone(), closed));
    data.insert(Line { activity, _open: open });
}

async fn cut(socket: Socket, activity: Arc<Mutex<Activity>>, mut closed: oneshot::Receiver<()>) {
    loop {
        let left = {
            let activity = activity.lock().unwrap_or_else(PoisonError::into_inner);
            if activity.serving > 0 { PATIENCE } else { PATIENCE.saturating_sub(activity.since.elapsed()) }
        };
        if left.is_zero() {
            // It may be closed by now, which is what is wanted.
            drop(socket.shutdown(Shutdown::Both));
            return;
        }
        if tokio::time::timeout(left, &mut closed).await.is_ok() {
            return;
        }
    }
}
