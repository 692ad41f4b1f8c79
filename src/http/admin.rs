//! The port of the operator: whether the process lives, whether the service is ready, and its figures. It shows nothing personal, and asks
//! nobody who they are: it is for the network of operations only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, Error, HttpResponse, rt, web};
use tokio::sync::{Notify, watch};

use super::docs::reading;
use super::gate;
use crate::metrics::{self, Metrics};

/// For how long what was found out is good enough.
const FRESH: Duration = Duration::from_millis(500);
/// For how long an answer waits for what is being found out. Together they are less than the two seconds after which everybody is told of an
/// outage.
const PATIENCE: Duration = Duration::from_millis(1300);

/// What was found out, and when.
#[derive(Clone, Copy, Debug)]
struct Tried {
    at: Instant,
    ready: bool,
}

/// Whether the service is ready.
#[derive(Debug)]
pub struct Health {
    stopping: AtomicBool,
    asked: Notify,
    tried: watch::Receiver<Option<Tried>>,
}

impl Health {
    /// Finds out by `try_it`, when somebody asks and it was not found out just now. It is tried once at a time, however many ask and however
    /// long it takes.
    pub fn watch(try_it: impl AsyncFn() -> bool + 'static) -> Arc<Self> {
        let (tell, tried) = watch::channel(None);
        let health = Arc::new(Self { stopping: AtomicBool::new(false), asked: Notify::new(), tried });
        let asked = health.clone();
        rt::spawn(async move {
            loop {
                asked.asked.notified().await;
                let ready = try_it().await;
                tell.send_replace(Some(Tried { at: Instant::now(), ready }));
            }
        });
        health
    }

    /// From now on it is not ready, whatever is found out.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    async fn is_ready(&self) -> bool {
        let mut tried = self.tried.clone();
        let fresh = |tried: &Option<Tried>| tried.is_some_and(|tried| tried.at.elapsed() < FRESH);
        if !fresh(&tried.borrow()) {
            self.asked.notify_one();
        }
        let found = tokio::time::timeout(PATIENCE, tried.wait_for(fresh)).await;
        let ready = found.is_ok_and(|found| found.is_ok_and(|tried| tried.is_some_and(|tried| tried.ready)));
        ready && !self.stopping.load(Ordering::SeqCst)
    }
}

/// The application behind the port.
pub fn app(
    health: Arc<Health>,
    metrics: Arc<Metrics>,
) -> App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()> + use<>> {
    App::new()
        .app_data(web::Data::from(health))
        .app_data(web::Data::from(metrics))
        .service(reading("/livez", live))
        .service(reading("/readyz", ready))
        .service(reading("/metrics", shown))
        .default_service(web::to(gate::not_found))
        .wrap(DefaultHeaders::new().add((header::CACHE_CONTROL, "no-store")).add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")))
}

async fn live() -> HttpResponse {
    word(HttpResponse::Ok(), "live")
}

async fn ready(health: web::Data<Health>) -> HttpResponse {
    if health.is_ready().await { word(HttpResponse::Ok(), "ready") } else { word(HttpResponse::ServiceUnavailable(), "unready") }
}

async fn shown(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type(metrics::MEDIA).body(metrics.shown())
}

fn word(mut response: actix_web::HttpResponseBuilder, word: &'static str) -> HttpResponse {
    response.content_type("text/plain; charset=utf-8").body(word)
}
