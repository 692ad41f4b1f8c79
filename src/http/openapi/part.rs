//! What each argument of a handler adds to the published operation. An operation is described by what it reads, so that it cannot read
//! what is not described.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::authz::{Act, Action, Permit};
use crate::http::problem::Code;

/// An argument of a handler.
pub trait Part {
    /// Adds what the argument reads.
    fn describe(sketch: &mut Sketch);
}

/// Where parameters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
}

/// How a schema is used by a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The body is the whole of it.
    Whole,
    /// The body is a merge patch of it.
    Patch,
    /// It is checked, but never sent as such.
    Unsent,
}

#[derive(Debug)]
pub(super) struct Parameters {
    pub place: Place,
    pub of: TypeId,
    /// The name under which their object stands among the schemas until it is turned into parameters.
    pub schema: String,
}

/// An operation, as its arguments describe it.
#[derive(Debug, Default)]
pub struct Sketch {
    pub(super) action: Option<Action>,
    pub(super) parameters: Vec<Parameters>,
    pub(super) bodies: Vec<(TypeId, String, Body)>,
    pub(super) headers: Vec<&'static str>,
    pub(super) codes: BTreeSet<Code>,
    pub(super) schemas: BTreeMap<String, Value>,
    pub(super) clashes: Vec<String>,
    pub(super) paged: bool,
    pub(super) cached: bool,
    /// Headers of its answer.
    pub(super) tells: Vec<&'static str>,
}

impl Sketch {
    /// Which action it needs leave for.
    pub fn action(&mut self, action: Action) {
        self.action = Some(action);
    }

    /// It reads a body.
    pub fn body<T: ToSchema>(&mut self, of: TypeId, body: Body) {
        self.collect::<T>();
        self.add(T::name().into_owned(), value(&T::schema()));
        self.bodies.push((of, T::name().into_owned(), body));
        if body != Body::Unsent {
            self.codes.extend([Code::PayloadTooLarge, Code::UnsupportedMediaType]);
        }
    }

    /// It reads parameters, which are the properties of `T`.
    pub fn parameters<T: ToSchema + 'static>(&mut self, of: TypeId, place: Place) {
        self.parameters_named::<T>(std::any::type_name::<T>(), of, place, &Value::Null);
    }

    /// The argument `P` reads parameters, which are the properties of `T` and these.
    pub fn parameters_with<P: 'static, T: ToSchema + 'static>(&mut self, place: Place, more: &Value) {
        self.parameters_named::<T>(std::any::type_name::<P>(), TypeId::of::<P>(), place, more);
    }

    fn parameters_named<T: ToSchema + 'static>(&mut self, name: &str, of: TypeId, place: Place, more: &Value) {
        self.collect::<T>();
        let mut schema = value(&T::schema());
        if let (Some(schema), Some(more)) = (schema.as_object_mut(), more.as_object()) {
            schema.entry("type").or_insert_with(|| "object".into());
            let properties = schema.entry("properties").or_insert_with(|| Value::Object(Map::new()));
            if let Some(properties) = properties.as_object_mut() {
                properties.extend(more.clone());
            }
        }
        let name = format!("parameters of {name}");
        self.add(name.clone(), schema);
        self.parameters.push(Parameters { place, of, schema: name });
    }

    /// It reads the header parameter of this name in the document's components, and may fail because of it.
    pub fn header(&mut self, component: &'static str, codes: &[Code]) {
        self.headers.push(component);
        self.codes.extend(codes);
    }

    /// It answers with pages.
    pub fn paged(&mut self) {
        self.paged = true;
        self.tells.push("Link");
    }

    /// Its answer may be kept and asked for again.
    pub fn cached(&mut self) {
        self.cached = true;
    }

    /// It says when a request had taken effect before.
    pub fn replayed(&mut self) {
        self.tells.push("Idempotency-Replayed");
    }

    /// It answers with a file.
    pub fn file(&mut self) {
        self.tells.push("Content-Disposition");
    }

    fn collect<T: ToSchema>(&mut self) {
        let mut found = Vec::new();
        T::schemas(&mut found);
        for (name, schema) in found {
            self.add(name, value(&schema));
        }
    }

    pub(super) fn add(&mut self, name: String, schema: Value) {
        match self.schemas.get(&name) {
            Some(held) if *held != schema => self.clashes.push(name),
            Some(_) => {}
            None => {
                self.schemas.insert(name, schema);
            }
        }
    }
}

/// A part of the document as JSON; utoipa's own types always serialise.
pub(super) fn value<T: serde::Serialize>(part: &T) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

/// The arguments of a handler together.
pub trait Parts {
    /// Describes the operation by its arguments.
    fn describe(sketch: &mut Sketch);
}

/// Arguments that begin with a permit.
pub trait Permitted: Parts {}

macro_rules! parts {
    ($($part:ident)*) => {
        impl<$($part: Part),*> Parts for ($($part,)*) {
            fn describe(sketch: &mut Sketch) {
                // For a handler without arguments nothing else reads it.
                let _ = &sketch;
                $($part::describe(sketch);)*
            }
        }

        impl<Doing: Act, $($part: Part),*> Permitted for (Permit<Doing>, $($part,)*) where (Permit<Doing>, $($part,)*): Parts {}
    };
}

parts!();
parts!(A);
parts!(A B);
parts!(A B C);
parts!(A B C D);
parts!(A B C D E);
parts!(A B C D E F);
parts!(A B C D E F G);
parts!(A B C D E F G H);
