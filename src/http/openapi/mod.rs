//! Operations, each registered once, and the contract made from them: the routes, the document, and the checks of what comes in.

mod common;
mod document;
pub mod part;
mod shape;

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{FromRequest, Handler, HttpResponse, Responder, Route, web};
use serde_json::Value;

use self::part::{Parts, Permitted, Place, Sketch};
use super::gate::Gate;
use super::problem::{Code, Problem};
use super::schema::Check;
use crate::domain::fault::Fault;

/// An operation for callers with a role: `op!(people::create)`. The handler's first argument is its permit; path, method and answers come
/// from its `#[utoipa::path]`, everything else from its arguments.
#[macro_export]
macro_rules! op {
    ($($part:ident)::+) => {
        $crate::http::openapi::Operation::guarded($($part)::+, $crate::described!($($part)::+))
    };
}

/// An operation for anybody: `op_public!(root::read)`.
#[macro_export]
macro_rules! op_public {
    ($($part:ident)::+) => {
        $crate::http::openapi::Operation::open($($part)::+, $crate::described!($($part)::+))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! described {
    ($($part:ident)::+) => {{
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($part)::+))]
        struct Described;
        <Described as utoipa::OpenApi>::openapi()
    }};
}

type MakeRoute = Arc<dyn Fn(Method) -> Route + Send + Sync>;

/// One method on one path.
pub struct Operation {
    path: String,
    method: Method,
    /// What the handler's macro says of it.
    described: Value,
    sketch: Sketch,
    refusals: Vec<Code>,
    route: MakeRoute,
}

impl Operation {
    /// An operation behind the gate.
    pub fn guarded<H, Args>(handler: H, api: utoipa::openapi::OpenApi) -> Self
    where
        H: Handler<Args, Output: Responder> + Send + Sync,
        Args: FromRequest + Permitted + 'static,
    {
        Self::new(handler, api, true)
    }

    /// An operation for anybody.
    pub fn open<H, Args>(handler: H, api: utoipa::openapi::OpenApi) -> Self
    where
        H: Handler<Args, Output: Responder> + Send + Sync,
        Args: FromRequest + Parts + 'static,
    {
        Self::new(handler, api, false)
    }

    fn new<H, Args>(handler: H, api: utoipa::openapi::OpenApi, guarded: bool) -> Self
    where
        H: Handler<Args, Output: Responder> + Send + Sync,
        Args: FromRequest + Parts + 'static,
    {
        let mut sketch = Sketch::default();
        Args::describe(&mut sketch);
        for (name, schema) in api.components.into_iter().flat_map(|components| components.schemas) {
            sketch.add(name, part::value(&schema));
        }
        let (path, item) = api.paths.paths.into_iter().next().unwrap_or_default();
        let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH];
        let item = part::value(&item);
        let (method, described) = methods
            .into_iter()
            .find_map(|method| item.get(method.as_str().to_ascii_lowercase()).map(|described| (method, described.clone())))
            .unwrap_or_default();
        let queried = sketch.parameters.iter().any(|group| group.place == Place::Query);
        let operation = described.get("operationId").and_then(Value::as_str).unwrap_or_default().into();
        let gate = Gate { operation, guarded, action: sketch.action, queried };
        let route = Arc::new(move |method| web::method(method).to(handler.clone()).wrap(gate.clone()));
        Self { path, method, described, sketch, refusals: Vec::new(), route }
    }

    /// With the problems it may answer besides those its arguments bring: `op!(create).refuses(&[Code::RuleViolated])`.
    #[must_use]
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.refusals.extend(codes);
        self
    }
}

/// What was published, and what is checked against it.
#[derive(Debug)]
pub struct Contract {
    document: Value,
    written: Vec<u8>,
    /// The names of all properties.
    names: BTreeSet<String>,
    bodies: HashMap<TypeId, Check>,
    parameters: HashMap<TypeId, Check>,
}

impl Contract {
    /// The OpenAPI document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The document as it is served and committed: sorted, indented, with a line feed at its end.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// What is wrong with a body of this type; nothing, if it matches.
    pub(super) fn faults(&self, of: TypeId, body: &Value) -> Result<Vec<Fault>, Problem> {
        Ok(self.bodies.get(&of).ok_or_else(|| Problem::new(Code::Internal))?.faults(body))
    }

    /// Whether a property of any record has this name.
    pub(super) fn names(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn parameters(&self, of: TypeId) -> Result<&Check, Problem> {
        self.parameters.get(&of).ok_or_else(|| Problem::new(Code::Internal))
    }
}

/// The operations and their contract.
pub struct Service {
    operations: Vec<Operation>,
    contract: Arc<Contract>,
}

impl Service {
    /// The service of these operations, or what is wrong with their descriptions: two schemas of one name, a reference to nothing, one
    /// method twice on a path. Making it compiles every schema: do it once a process.
    pub fn build(operations: Vec<Operation>) -> Result<Self, Vec<String>> {
        let contract = Arc::new(document::contract(&operations)?);
        Ok(Self { operations, contract })
    }

    /// The contract.
    #[must_use]
    pub fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }

    /// Adds every operation to the router as an explicit resource, with HEAD beside GET; another method is 405 with `Allow`.
    pub fn mount(&self, config: &mut web::ServiceConfig) {
        // Literals come before parameters, which would match them too: `~` sorts after every letter.
        let mut paths: BTreeMap<String, Vec<&Operation>> = BTreeMap::new();
        for operation in &self.operations {
            paths.entry(operation.path.replace('{', "~")).or_default().push(operation);
        }
        for operations in paths.values() {
            let Some(path) = operations.first().map(|operation| operation.path.as_str()) else { continue };
            let mut resource = if path == "/" { web::resource(["", "/"]) } else { web::resource(path) };
            let mut allowed = Vec::new();
            for operation in operations {
                let methods =
                    if operation.method == Method::GET { vec![Method::GET, Method::HEAD] } else { vec![operation.method.clone()] };
                for method in methods {
                    allowed.push(method.to_string());
                    resource = resource.route((operation.route)(method));
                }
            }
            allowed.sort();
            config.service(resource.default_service(web::to(only(allowed.join(", ")))));
        }
    }
}

fn only(allowed: String) -> impl Fn() -> std::future::Ready<Result<HttpResponse, Problem>> + Clone {
    move || {
        let problem = Problem::new(Code::MethodNotAllowed);
        let value = header::HeaderValue::from_str(&allowed);
        std::future::ready(Err(value.map_or_else(|_| problem.clone(), |value| problem.clone().with_header(header::ALLOW, value))))
    }
}
