//! Lists: one page at a time, and a cursor that continues one list only: with the same filters, on the same route, for the same caller.

use std::any::TypeId;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use utoipa::ToSchema;

use super::Edge;
use super::extract::{pairs, typed};
use super::openapi::part::{Part, Place, Sketch};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::authz::Caller;
use crate::domain::page::{After, Page, PageRequest};

/// Rows on a page, unless the caller asks for more or fewer.
const USUAL: u32 = 50;

/// The filters of a list, besides `limit` and `cursor`, which every list has.
pub trait Filters: DeserializeOwned + ToSchema + 'static {
    /// The most rows on one page.
    const MOST: u32 = 200;
    /// Whether `includeTotal` may be asked for: on casework lists and the logs only, because elsewhere a total is a statistic.
    const TOTAL: bool = false;
    /// Whether `order` may be asked for: of the logs only.
    const ORDER: bool = false;
}

/// The order of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LogOrder {
    Asc,
    Desc,
}

/// No filters.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct NoFilters {}

impl Filters for NoFilters {}

/// Where a page stands in its list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    /// The most rows this page could have.
    #[schema(format = Int32, minimum = 1, maximum = 1000)]
    pub limit: u32,
    /// Send this as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200)]
    pub next_cursor: Option<String>,
    /// How many rows the caller may read in all, if `includeTotal=true` was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Int64, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub total: Option<u64>,
}

/// The body of a page, made by [`page_of!`](crate::page_of).
pub trait PageBody: Serialize {
    /// A row.
    type Item;
    /// The body with these rows.
    fn of(items: Vec<Self::Item>, page: PageInfo) -> Self;
}

/// Names the page of a list: `page_of!(PersonPage, PersonSummary)`; a third argument is the most rows, if not 200.
#[macro_export]
macro_rules! page_of {
    ($name:ident, $item:ty) => {
        $crate::page_of!($name, $item, 200);
    };
    ($name:ident, $item:ty, $most:tt) => {
        #[doc = "A page of a list."]
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            /// The rows of this page, in the order of the list.
            #[schema(max_items = $most)]
            pub items: Vec<$item>,
            /// Where this page stands in the list.
            pub page: $crate::http::page::PageInfo,
        }

        impl $crate::http::page::PageBody for $name {
            type Item = $item;

            fn of(items: Vec<$item>, page: $crate::http::page::PageInfo) -> Self {
                Self { items, page }
            }
        }
    };
}

/// What a caller wants to see of a list: filters and page.
#[derive(Debug)]
pub struct Listing<F> {
    /// The filters.
    pub filters: F,
    /// The page.
    pub page: PageRequest,
    /// Whether the oldest entries of a log come first.
    pub ascending: bool,
    path: String,
    /// The query without `cursor`, for the link to the next page.
    query: String,
    /// A cursor that cannot be judged without the body.
    unread: Option<String>,
    /// How far the list went when its first page was made, if the cursor says so.
    snapshot: Option<i64>,
    binding: Binding,
}

impl<F> Listing<F> {
    /// The list whose filters stand in this body: the cursor belongs to the same body only.
    pub fn of_body(mut self, fingerprint: [u8; 32]) -> Result<Self, Problem> {
        self.binding.to.push_str(&BASE64_URL_SAFE_NO_PAD.encode(fingerprint));
        if let Some(cursor) = self.unread.take() {
            self.resume(&cursor)?;
        }
        Ok(self)
    }

    fn resume(&mut self, cursor: &str) -> Result<(), Problem> {
        let place = self.binding.read(cursor).ok_or_else(|| Problem::new(Code::InvalidCursor))?;
        (self.page.after, self.snapshot) = (Some(place.after), place.snapshot);
        Ok(())
    }

    /// How far a list that only grows went when its first page was made; absent on that page.
    #[must_use]
    pub fn snapshot(&self) -> Option<i64> {
        self.snapshot
    }

    /// The answer with this page: its rows, the cursor of the next, and a `Link` to it.
    pub fn answer<P: PageBody>(&self, page: Page<P::Item>) -> Answer {
        self.page_of(page, None, P::of)
    }

    /// The same for a list that only grows, as it was at this size: the pages that follow show it as it was then.
    pub fn answer_at<T, B: Serialize>(&self, page: Page<T>, size: i64, body: impl FnOnce(Vec<T>, PageInfo) -> B) -> Answer {
        self.page_of(page, Some(size), body)
    }

    fn page_of<T, B: Serialize>(&self, page: Page<T>, snapshot: Option<i64>, body: impl FnOnce(Vec<T>, PageInfo) -> B) -> Answer {
        let next_cursor = page.next.map(|after| self.binding.write(&Mark { after, snapshot }));
        let link = next_cursor.as_ref().map(|cursor| {
            let amp = if self.query.is_empty() { "" } else { "&" };
            format!("<{}?{}{amp}cursor={cursor}>; rel=\"next\"", self.path, self.query)
        });
        let info = PageInfo { limit: self.page.limit, next_cursor, total: page.total };
        let answer = Answer::ok(&body(page.items, info));
        match link {
            Some(link) => answer.with(header::LINK, link),
            None => answer,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paging {
    limit: Option<u32>,
    cursor: Option<String>,
    #[serde(default)]
    include_total: bool,
    order: Option<LogOrder>,
}

impl<F: Filters> FromRequest for Listing<F> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read<F: Filters>(request: &HttpRequest) -> Result<Listing<F>, Problem> {
    let of = TypeId::of::<Listing<F>>();
    let mut pairs = pairs(request, of)?;
    let mut value = typed(request, of, &pairs)?;
    // The schema has been checked: what is left to fail here is a schema that promises too much.
    let wrong = |_| Problem::new(Code::ValidationFailed);
    let paging = Paging::deserialize(&value).map_err(wrong)?;
    if let Some(properties) = value.as_object_mut() {
        properties.retain(|name, _| !matches!(name.as_str(), "limit" | "cursor" | "includeTotal" | "order"));
    }
    let filters = serde_json::from_value(value).map_err(wrong)?;

    pairs.sort();
    let bound: Vec<_> = pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "limit" | "cursor" | "includeTotal")).collect();
    let edge = request.app_data::<web::Data<Edge>>().ok_or_else(|| Problem::new(Code::Internal))?;
    let caller = request.extensions().get::<Caller>().map(|caller| caller.staff);
    let caller = caller.map_or_else(String::new, |staff| staff.to_string());
    let binding = Binding { key: edge.cursor_key, to: serde_json::json!([request.path(), caller, bound]).to_string() };
    let kept: Vec<&str> = request.query_string().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=")).collect();
    let mut listing = Listing {
        filters,
        page: PageRequest { limit: paging.limit.unwrap_or(USUAL), after: None, include_total: paging.include_total },
        ascending: paging.order == Some(LogOrder::Asc),
        path: request.path().to_owned(),
        query: kept.join("&"),
        unread: None,
        snapshot: None,
        binding,
    };
    match paging.cursor {
        Some(cursor) if *request.method() == Method::POST => listing.unread = Some(cursor),
        Some(cursor) => listing.resume(&cursor)?,
        None => {}
    }
    Ok(listing)
}

impl<F: Filters> Part for Listing<F> {
    fn describe(sketch: &mut Sketch) {
        let mut paging = serde_json::json!({
            "limit": {"type": "integer", "format": "int32", "minimum": 1, "maximum": F::MOST, "default": USUAL,
                "description": "The most rows to answer with."},
            "cursor": {"type": "string", "minLength": 1, "maxLength": 200,
                "description": "The `nextCursor` of the page before, with the same filters."},
        });
        if let Some(paging) = paging.as_object_mut().filter(|_| F::TOTAL) {
            let total = serde_json::json!({"type": "boolean", "description": "Whether to count all rows the caller may read."});
            paging.insert("includeTotal".to_owned(), total);
        }
        if let Some(paging) = paging.as_object_mut().filter(|_| F::ORDER) {
            let order = serde_json::json!({"type": "string", "enum": ["asc", "desc"], "default": "desc",
                "description": "Oldest first, or newest first."});
            paging.insert("order".to_owned(), order);
        }
        sketch.parameters_with::<Self, F>(Place::Query, &paging);
        sketch.paged();
    }
}

/// What a cursor is good for.
#[derive(Debug)]
struct Binding {
    key: [u8; 32],
    to: String,
}

/// What a cursor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    after: After,
    snapshot: Option<i64>,
}

/// Bytes of the seal, which end a cursor.
const SEAL: usize = 16;
/// The first byte of a cursor: whether it says how far its list went.
const PLAIN: u8 = 1;
const SNAPSHOT: u8 = 2;

impl Binding {
    fn seal(&self, place: &[u8]) -> Option<Hmac<Sha256>> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        Some(mac.chain_update(b"sendiass cursor\0").chain_update(place).chain_update(&self.to))
    }

    fn write(&self, place: &Mark) -> String {
        let mut bytes = vec![if place.snapshot.is_some() { SNAPSHOT } else { PLAIN }];
        bytes.extend(place.after.key.to_be_bytes());
        bytes.extend(place.after.id.as_bytes());
        bytes.extend(place.snapshot.iter().flat_map(|size| size.to_be_bytes()));
        if let Some(mac) = self.seal(&bytes) {
            bytes.extend(mac.finalize().into_bytes().iter().take(SEAL));
        }
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(&self, cursor: &str) -> Option<Mark> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (place, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        self.seal(place)?.verify_truncated_left(seal).ok()?;
        let (version, rest) = place.split_first()?;
        let (key, rest) = rest.split_first_chunk::<8>()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let snapshot = match (*version, rest) {
            (PLAIN, []) => None,
            (SNAPSHOT, size) => Some(i64::from_be_bytes(size.try_into().ok()?)),
            _ => return None,
        };
        Some(Mark { after: After { key: i64::from_be_bytes(*key), id: uuid::Uuid::from_bytes(*id) }, snapshot })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_only_where_it_was_made_and_unaltered() {
        let binding = |to: &str| Binding { key: [7; 32], to: to.to_owned() };
        let after = After { key: -42, id: uuid::Uuid::from_u128(9) };
        for place in [Mark { after, snapshot: None }, Mark { after, snapshot: Some(1044) }] {
            let cursor = binding("a").write(&place);
            assert_eq!(binding("a").read(&cursor), Some(place));
            assert_eq!(binding("b").read(&cursor), None);
            assert_eq!(Binding { key: [8; 32], to: "a".to_owned() }.read(&cursor), None);
            for index in 0..cursor.len() {
                let mut altered = cursor.clone().into_bytes();
                altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
                assert_eq!(binding("a").read(std::str::from_utf8(&altered).unwrap()), None, "byte {index}");
            }
        }
        assert_eq!(binding("a").read(""), None);
    }
}
