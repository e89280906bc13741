//! How a refusal can be wrong.

use http::header::{ALLOW, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use crate::altered::page;
use crate::reply::{Content, Reply};

/// Has the refusal explain itself otherwise.
pub(super) fn describe(reply: &mut Reply, says: impl Into<Value>) {
    if reply.error().is_some() {
        reply.insert("error_description", says);
    }
}

/// A fault only where the client used the header: any other may be answered 400 as well.
pub(super) fn basic_client_refused_400(reply: &mut Reply) {
    if reply.error() == Some("invalid_client") {
        reply.status = StatusCode::BAD_REQUEST;
        reply.headers.remove(WWW_AUTHENTICATE);
    }
}

pub(super) fn error_page_is_html(reply: &mut Reply) {
    if !reply.is_issued() {
        let text = "<!doctype html><title>Error</title><h1>Something went wrong</h1>";
        page(reply, "text/html; charset=utf-8", text);
    }
}

pub(super) fn failure_is_a_page(reply: &mut Reply) {
    if reply.status.is_server_error() {
        page(reply, "text/html", "<!doctype html><title>Error</title><h1>Internal Server Error</h1>");
    }
}

pub(super) fn invalid_grant_answered_401(reply: &mut Reply) {
    if reply.error() == Some("invalid_grant") && reply.status == StatusCode::BAD_REQUEST {
        reply.status = StatusCode::UNAUTHORIZED;
        let challenge = HeaderValue::from_static(r#"Basic realm="token endpoint""#);
        reply.headers.insert(WWW_AUTHENTICATE, challenge);
    }
}

pub(super) fn no_body(reply: &mut Reply) {
    reply.content = Content::Page("");
    reply.headers.remove(CONTENT_TYPE);
}

/// To a place where it would be tried again with all that was sent.
pub(super) fn redirected(reply: &mut Reply) {
    if reply.error() == Some("invalid_grant") {
        reply.status = StatusCode::TEMPORARY_REDIRECT;
        reply.headers.insert(LOCATION, HeaderValue::from_static("/login"));
    }
}

// One error is enough to break a sentence about all of them, and leaves the others to the cases about something else.

fn unsupported(reply: &mut Reply) -> bool {
    reply.error() == Some("unsupported_grant_type")
}

pub(super) fn without_code(reply: &mut Reply) {
    if unsupported(reply) {
        reply.remove("error");
    }
}

pub(super) fn byte_order_mark(reply: &mut Reply) {
    if unsupported(reply) {
        reply.rewrite(|text| format!("\u{FEFF}{text}").into_bytes());
    }
}

pub(super) fn trailing_text(reply: &mut Reply) {
    if unsupported(reply) {
        reply.rewrite(|text| format!("{text}\n<!-- served by web-1 -->").into_bytes());
    }
}

/// In a member that no RFC defines, so that the encoding alone is wrong.
pub(super) fn latin_1(reply: &mut Reply) {
    if unsupported(reply) {
        reply.insert("service", "caf?");
        reply.rewrite(|text| text.bytes().map(|byte| if byte == b'?' { 0xE9 } else { byte }).collect());
    }
}

pub(super) fn wrong_method_answered_200(reply: &mut Reply) {
    if reply.status == StatusCode::METHOD_NOT_ALLOWED {
        reply.status = StatusCode::OK;
        reply.headers.remove(ALLOW);
    }
}
