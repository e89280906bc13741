//! The answers of the server: data first, HTTP at the very end.

use std::mem;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::occasion::{Endpoint, Occasion};
use crate::refusal::Refusal;
use crate::scope::Scopes;

/// An answer that can still be changed.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    pub(crate) occasion: Occasion,
}

/// What an answer says.
#[derive(Debug)]
pub(crate) enum Content {
    /// Tokens, which become members as soon as there is something to change.
    Tokens(Tokens),
    /// The members of a JSON object.
    Members(Map<String, Value>),
    /// A page for people, which no endpoint sends on purpose.
    Page(&'static str),
    /// Bytes that only look like JSON.
    Bytes(Vec<u8>),
    /// Nothing at all.
    Nothing,
}

/// A successful answer, as RFC 6749 section 5.1 lays it out.
#[derive(Debug, Serialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) token_type: &'static str,
    pub(crate) expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<Scopes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_token: Option<String>,
}

/// RFC 8259 section 11 defines no charset for this type: JSON is UTF-8.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

impl Reply {
    /// What a grant came to.
    pub(crate) fn issued(tokens: Tokens) -> Self {
        Self::new(StatusCode::OK, Content::Tokens(tokens))
    }

    /// What an endpoint tells a client about tokens and their owners, which no cache may keep either.
    pub(crate) fn told(members: Map<String, Value>) -> Self {
        Self::new(StatusCode::OK, Content::Members(members))
    }

    /// A document that anybody may read and keep.
    pub(crate) fn document(members: Map<String, Value>) -> Self {
        let mut reply = Self::told(members);
        reply.headers.remove(CACHE_CONTROL);
        reply.headers.remove(PRAGMA);
        reply
    }

    /// A status that says all there is to say.
    pub(crate) fn empty(status: StatusCode) -> Self {
        let mut reply = Self::new(status, Content::Nothing);
        reply.headers.remove(CONTENT_TYPE);
        reply
    }

    /// Whether this answer brings tokens.
    pub(crate) fn is_issued(&self) -> bool {
        self.status == StatusCode::OK
    }

    /// The members of the JSON object, to be changed.
    pub(crate) fn members(&mut self) -> Option<&mut Map<String, Value>> {
        if let Content::Tokens(tokens) = &self.content
            && let Ok(Value::Object(members)) = serde_json::to_value(tokens)
        {
            self.content = Content::Members(members);
        }
        match &mut self.content {
            Content::Members(members) => Some(members),
            Content::Tokens(_) | Content::Page(_) | Content::Bytes(_) | Content::Nothing => None,
        }
    }

    /// A member of the JSON object, to be changed.
    pub(crate) fn member(&mut self, name: &str) -> Option<&mut Value> {
        self.members()?.get_mut(name)
    }

    /// Adds a member to the JSON object.
    pub(crate) fn insert(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(members) = self.members() {
            members.insert(name.to_owned(), value.into());
        }
    }

    /// Takes a member out of the JSON object.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(members) = self.members() {
            members.shift_remove(name);
        }
    }

    /// Changes the text of the JSON object, be it into no JSON at all.
    pub(crate) fn rewrite(&mut self, how: impl FnOnce(String) -> Vec<u8>) {
        if let Some(members) = self.members() {
            self.content = Content::Bytes(how(Value::Object(mem::take(members)).to_string()));
        }
    }

    /// The error code, when this answer is a refusal.
    pub(crate) fn error(&mut self) -> Option<&str> {
        self.member("error").and_then(|error| error.as_str())
    }

    fn new(status: StatusCode, content: Content) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, JSON);
        // RFC 6749 section 5.1: no cache may keep tokens. Refusals carry the same headers, because they tell who failed.
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(PRAGMA, NO_CACHE);
        // The endpoint that gives the answer says which it is.
        Self { status, headers, content, occasion: Occasion::at(Endpoint::Token) }
    }
}

/// RFC 6749 section 5.2.
impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let mut members = Map::new();
        members.insert("error".to_owned(), refusal.code.as_str().into());
        members.insert("error_description".to_owned(), refusal.says.into());
        let mut reply = Self::new(refusal.status, Content::Members(members));
        if let Some((name, value)) = refusal.header {
            reply.headers.insert(name, value);
        }
        reply
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let body = match self.content {
            Content::Tokens(tokens) => json(&tokens),
            Content::Members(members) => json(&members),
            Content::Page(page) => Body::from(page),
            Content::Bytes(bytes) => Body::from(bytes),
            Content::Nothing => Body::empty(),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Tokens and maps of JSON values have nothing that JSON could not say.
fn json(content: &impl Serialize) -> Body {
    let mut json = Vec::with_capacity(1024);
    serde_json::to_writer(&mut json, content).unwrap_or_default();
    Body::from(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_may_not_be_stored_either() {
        let reply = Reply::from(Refusal::invalid_grant("no"));
        assert_eq!(reply.headers[CACHE_CONTROL], "no-store");
        assert_eq!(reply.headers[PRAGMA], "no-cache");
        assert_eq!(reply.headers[CONTENT_TYPE], "application/json");
    }
}
