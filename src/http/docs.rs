//! What is served beside the operations: the document, pages to read it with, and a page for each problem. Nothing is loaded from outside.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, web};
use utoipa_swagger_ui::Config;

use super::conditional::{IfNoneMatch, hash_tag};
use super::openapi::Contract;
use super::problem::{Code, Problem};

/// The pages load only what the service itself serves; the viewer writes styles into the page.
const VIEWER_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Adds them to the router.
pub(super) fn mount(config: &mut web::ServiceConfig) {
    config
        .service(reading("/openapi.json", document))
        .service(reading("/problems/{code}", problem))
        .service(reading("/docs", viewer_root))
        .service(reading("/docs/{file:.*}", viewer));
}

/// What is only read.
pub(super) fn reading<H, A>(path: &str, handler: H) -> Resource
where
    H: Handler<A, Output: Responder>,
    A: FromRequest + 'static,
{
    let refuse = async || -> Result<HttpResponse, Problem> {
        Err(Problem::new(Code::MethodNotAllowed).with_header(header::ALLOW, header::HeaderValue::from_static("GET, HEAD")))
    };
    web::resource(path).route(web::get().to(handler.clone())).route(web::head().to(handler)).default_service(web::to(refuse))
}

async fn document(contract: web::Data<Contract>, held: IfNoneMatch) -> HttpResponse {
    let tag = hash_tag(contract.written());
    let mut response = if held.holds(&tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, tag.clone())).insert_header((header::CACHE_CONTROL, "no-cache"));
    if held.holds(&tag) {
        return response.finish();
    }
    response.content_type("application/json").body(contract.written().to_vec())
}

async fn viewer_root() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

async fn viewer(file: web::Path<String>) -> Result<HttpResponse, Problem> {
    let config = Config::new(["/openapi.json"]).validator_url("none").persist_authorization(false).use_base_layout();
    let found = utoipa_swagger_ui::serve(&file, Arc::new(config)).map_err(|_| Problem::new(Code::Internal))?;
    let file = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, VIEWER_POLICY)).insert_header((header::CACHE_CONTROL, "no-cache"));
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response.content_type(file.content_type).body(file.bytes.into_owned()))
}

async fn problem(code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let code = Code::parse(&code).ok_or_else(|| Problem::new(Code::NotFound))?;
    let (title, name, status, help) = (code.title(), code.as_str(), code.status().as_u16(), code.help());
    let page = format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>body {{ font: 1.1rem/1.5 sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}</style>\n\
         </head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{help}</p>\n<p>Code: <code>{name}</code>, status {status}.</p>\n</main>\n</body>\n</html>\n"
    );
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .content_type("text/html; charset=utf-8")
        .body(page))
}
