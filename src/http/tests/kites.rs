//! The fictional resource, and the service around it.

use std::sync::{Arc, LazyLock, Mutex};

use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use crate::authz::{Action, Caller, Permit, act};
use crate::domain::ids::{CaseId, RecipientId, RequestId, StaffId};
use crate::domain::page::{After, Page};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Role;
use crate::http::Edge;
use crate::http::body::{Patch, Valid};
use crate::http::conditional::{IfMatch, IfNoneMatch};
use crate::http::extract::Path;
use crate::http::gate::{Answering, Authenticate, Credentials};
use crate::http::idempotency::{IdempotencyKey, IdleKey, MandatoryKey};
use crate::http::openapi::{Operation, Service};
use crate::http::page::{Filters, Listing};
use crate::http::problem::{Code, Problem};
use crate::http::respond::Answer;
use crate::{op, op_public, page_of};

/// What flies a kite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wind {
    /// A breeze.
    LightAir,
    /// More than that.
    StrongGale,
}

/// A kite to be registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "is_flyable"))]
#[schema(example = json!({"fullName": "Red Diamond", "wind": "light_air", "tails": [{"colour": "blue"}]}))]
pub struct NewKite {
    /// Its name.
    pub full_name: Name,
    /// The wind it is made for.
    pub wind: Wind,
    /// The winds it bears.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 2)]
    pub bears: Option<Vec<Wind>>,
    /// The case it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    /// When it first flew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flown_at: Option<Timestamp>,
    /// The length of its line, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 500)]
    pub line: Option<i32>,
    /// Its tails.
    #[schema(max_items = 5)]
    pub tails: Vec<Tail>,
    /// Its best tail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_tail: Option<Tail>,
}

/// A tail of a kite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"colour": "blue"}))]
pub struct Tail {
    /// Its colour.
    pub colour: Name,
    /// Its length, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 50)]
    pub metres: Option<i32>,
}

fn is_flyable(kite: &NewKite) -> Result<(), ValidationError> {
    if kite.line == Some(13) {
        return Err(ValidationError::new("rule:unlucky_line").with_message("A line of this length is unlucky.".into()));
    }
    if kite.line == Some(14) {
        return Err(ValidationError::new("contradicting_fields").with_message("The line does not fit the wind.".into()));
    }
    Ok(())
}

/// A kite.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f30-a93a-7160-8999-50d836f675cc", "version": 1, "fullName": "Red Diamond", "wind": "light_air",
    "tails": [{"colour": "blue"}]}))]
pub struct Kite {
    /// Its id.
    pub id: RecipientId,
    /// Its version.
    pub version: i32,
    /// What was registered.
    #[serde(flatten)]
    pub registered: NewKite,
}

page_of!(KitePage, Kite);

/// Which kites to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KiteFilters {
    /// Only those made for one of these winds.
    #[schema(max_items = 2)]
    wind: Option<Vec<Wind>>,
    /// Only those of this case.
    case_id: Option<CaseId>,
    /// Only those flown from this time on.
    from: Option<Timestamp>,
}

impl Filters for KiteFilters {
    const TOTAL: bool = true;
}

/// The path of a kite.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitePath {
    /// The kite.
    kite_id: RecipientId,
}

/// Where kites are kept.
#[derive(Debug, Default)]
pub struct Shed(Mutex<Vec<Kite>>);

/// Register a kite.
#[utoipa::path(post, path = "/kites", operation_id = "registerKite", tag = "recipients", responses((status = 201, description = "The kite.", body = Kite)))]
async fn register(
    _permit: Permit<act::RecipientCreate>,
    body: Valid<NewKite>,
    key: IdempotencyKey,
    shed: web::Data<Shed>,
) -> Result<Answer, Problem> {
    let once = key.optional(body.fingerprint())?;
    let kite = Kite { id: RecipientId::mint(), version: 1, registered: body.into_inner() };
    shed.0.lock().unwrap().push(kite.clone());
    Ok(Answer::created(&format!("/kites/{}", kite.id), &kite).version(kite.version).replayed(once.is_some()))
}

/// Read a kite.
#[utoipa::path(get, path = "/kites/{kiteId}", operation_id = "getKite", tag = "recipients", responses((status = 200, description = "The kite.", body = Kite)))]
async fn read(_permit: Permit<act::RecipientRead>, path: Path<KitePath>, shed: web::Data<Shed>) -> Result<Answer, Problem> {
    let shed = shed.0.lock().unwrap();
    let kite = shed.iter().find(|kite| kite.id == path.kite_id).ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Answer::ok(kite).version(kite.version))
}

/// Change a kite.
#[utoipa::path(patch, path = "/kites/{kiteId}", operation_id = "updateKite", tag = "recipients", responses((status = 200, description = "The kite.", body = Kite)))]
async fn update(
    _permit: Permit<act::RecipientUpdate>,
    path: Path<KitePath>,
    change: Patch<NewKite>,
    read: IfMatch,
    shed: web::Data<Shed>,
) -> Result<Answer, Problem> {
    let read = read.required()?;
    let mut shed = shed.0.lock().unwrap();
    let kite = shed.iter_mut().find(|kite| kite.id == path.kite_id).ok_or_else(|| Problem::new(Code::NotFound))?;
    if kite.version != read {
        return Err(Problem::new(Code::StaleVersion).with_current_version(kite.version));
    }
    kite.registered = (change.merge())(&kite.registered).map_err(Problem::invalid)?;
    kite.version += 1;
    Ok(Answer::ok(kite).version(kite.version))
}

/// List kites.
#[utoipa::path(get, path = "/kites", operation_id = "listKites", tag = "recipients", responses((status = 200, description = "A page of kites.", body = KitePage)))]
async fn list(_permit: Permit<act::RecipientRead>, listing: Listing<KiteFilters>, shed: web::Data<Shed>) -> Result<Answer, Problem> {
    let wanted = |kite: &&Kite| {
        listing.filters.wind.as_ref().is_none_or(|winds| winds.contains(&kite.registered.wind))
            && listing.filters.case_id.is_none_or(|case| kite.registered.case_id == Some(case))
            && listing.filters.from.is_none_or(|from| kite.registered.flown_at >= Some(from))
            && listing.page.after.is_none_or(|after| kite.id.0 > after.id)
    };
    let rows: Vec<Kite> = shed.0.lock().unwrap().iter().filter(wanted).take(listing.page.limit as usize + 1).cloned().collect();
    let total = listing.page.include_total.then_some(rows.len() as u64);
    Ok(listing.answer::<KitePage>(Page::cut(rows, &listing.page, |kite| After { key: 0, id: kite.id.0 }, total)))
}

/// Let a kite go.
///
/// It does not come back.
#[utoipa::path(post, path = "/kites/{kiteId}/release", operation_id = "releaseKite", tag = "recipients", responses((status = 200, description = "The kite.", body = Kite)))]
async fn release(
    _permit: Permit<act::RecipientUpdate>,
    path: Path<KitePath>,
    body: Valid<Tail>,
    key: MandatoryKey,
    read: IfMatch,
) -> Result<Answer, Problem> {
    let once = key.required(body.fingerprint())?;
    read.required()?;
    assert_ne!(body.colour.as_str(), "panic", "a handler that panics");
    Err(Problem::new(Code::NotFound).with_detail(once.route).with_fault(crate::http::problem::Fault::at(
        "#",
        "path",
        path.kite_id.to_string(),
    )))
}

/// Search for kites by their tail.
#[utoipa::path(post, path = "/kites/search", operation_id = "searchKites", tag = "recipients", responses((status = 200, description = "Found.", body = KitePage)))]
async fn search(_permit: Permit<act::RecipientRead>, body: Valid<Tail>, key: IdleKey) -> Result<Answer, Problem> {
    key.judged()?;
    Ok(Answer::ok(&body.colour))
}

/// The service.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "kites"}))]
struct Root {
    /// Its name.
    #[schema(max_length = 20)]
    name: &'static str,
}

/// Read what this is.
#[utoipa::path(get, path = "/", operation_id = "getService", tag = "service", responses((status = 200, description = "What this is.", body = Root)))]
async fn root(held: IfNoneMatch) -> Answer {
    held.answer(&Root { name: "kites" })
}

pub fn operations() -> Vec<Operation> {
    vec![
        op!(register).refuses(&[Code::RuleViolated]),
        op!(read),
        op!(update),
        op!(list),
        op!(release).refuses(&[Code::InvalidState]),
        op!(search),
        op_public!(root),
    ]
}

pub static SERVICE: LazyLock<Arc<Service>> = LazyLock::new(|| match Service::build(operations()) {
    Ok(service) => Arc::new(service),
    Err(mistakes) => panic!("{mistakes:#?}"),
});

/// The token is the role; each is one member of staff.
#[derive(Debug)]
struct ByRole;

impl Authenticate for ByRole {
    fn authenticate(&self, shown: Credentials) -> Answering<'_, Result<Caller, Problem>> {
        Box::pin(async move {
            let [header] = shown.authorization.as_slice() else { return Err(Problem::new(Code::Unauthenticated)) };
            let token = String::from_utf8_lossy(header).replace("Bearer ", "");
            actix_web::rt::task::yield_now().await;
            let (roles, number) = match token.as_str() {
                "administrator" => (vec![Role::Administrator], 1),
                "adviser" => (vec![Role::Adviser], 2),
                "analyst" => (vec![Role::Analyst], 3),
                "manager" => (vec![Role::ServiceManager], 4),
                // No role of a machine may do anything with kites.
                "machine" => (vec![Role::MachineIntake, Role::Administrator], 5),
                _ => return Err(Problem::new(Code::Unauthenticated)),
            };
            let staff = StaffId(uuid::Uuid::from_u128(number));
            Ok(Caller {
                staff,
                display_name: "Test".to_owned(),
                roles,
                access_reason: None,
                request: RequestId::mint(),
                operation: "".into(),
                token_expires_at: Timestamp::from_micros(0).unwrap(),
            })
        })
    }

    fn turned_away<'a>(&'a self, _: &'a Caller, _: Action) -> Answering<'a, Result<(), Problem>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

pub fn edge() -> web::Data<Edge> {
    web::Data::new(Edge {
        authenticate: Arc::new(ByRole),
        metrics: Arc::new(crate::metrics::Metrics::new(crate::db::Load::default)),
        limits: Arc::default(),
        cursor_key: [1; 32],
        idempotency_key: [2; 32],
        public_url: Some("https://records.example".to_owned()),
        allowed_origins: vec!["https://intranet.example".to_owned()],
    })
}
