//! The answers of the server: data first, HTTP at the very end.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::occasion::{Endpoint, Occasion};
use crate::refusal::Refusal;

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
    /// The members of a JSON object.
    Members(Map<String, Value>),
    /// A page for people, which no endpoint sends on purpose.
    Page(&'static str),
    /// Bytes that only look like JSON.
    Bytes(Vec<u8>),
    /// Nothing at all.
    Nothing,
}

/// RFC 8259 section 11 defines no charset for this type: JSON is UTF-8.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

impl Reply {
    /// Tokens, as RFC 6749 section 5.1 lays them out.
    pub(crate) fn issued(members: Map<String, Value>) -> Self {
        Self::new(StatusCode::OK, members)
    }

    /// What an endpoint tells a client about tokens and their owners, which no cache may keep either.
    pub(crate) fn told(members: Map<String, Value>) -> Self {
        Self::new(StatusCode::OK, members)
    }

    /// A document that anybody may read and keep.
    pub(crate) fn document(members: Map<String, Value>) -> Self {
        let mut reply = Self::new(StatusCode::OK, members);
        reply.headers.remove(CACHE_CONTROL);
        reply.headers.remove(PRAGMA);
        reply
    }

    /// A status that says all there is to say.
    pub(crate) fn empty(status: StatusCode) -> Self {
        let mut reply = Self::new(status, Map::new());
        reply.headers.remove(CONTENT_TYPE);
        reply.content = Content::Nothing;
        reply
    }

    /// Whether this answer brings tokens.
    pub(crate) fn is_issued(&self) -> bool {
        self.status == StatusCode::OK
    }

    /// A member of the JSON object, to be changed.
    pub(crate) fn member(&mut self, name: &str) -> Option<&mut Value> {
        match &mut self.content {
            Content::Members(members) => members.get_mut(name),
            Content::Page(_) | Content::Bytes(_) | Content::Nothing => None,
        }
    }

    /// Adds a member to the JSON object.
    pub(crate) fn insert(&mut self, name: &str, value: impl Into<Value>) {
        match &mut self.content {
            Content::Members(members) => drop(members.insert(name.to_owned(), value.into())),
            Content::Page(_) | Content::Bytes(_) | Content::Nothing => {}
        }
    }

    /// Takes a member out of the JSON object.
    pub(crate) fn remove(&mut self, name: &str) {
        match &mut self.content {
            Content::Members(members) => drop(members.shift_remove(name)),
            Content::Page(_) | Content::Bytes(_) | Content::Nothing => {}
        }
    }

    /// Changes the text of the JSON object, be it into no JSON at all.
    pub(crate) fn rewrite(&mut self, how: impl FnOnce(String) -> Vec<u8>) {
        match &self.content {
            Content::Members(members) => {
                self.content = Content::Bytes(how(Value::Object(members.clone()).to_string()));
            }
            Content::Page(_) | Content::Bytes(_) | Content::Nothing => {}
        }
    }

    /// The error code, when this answer is a refusal.
    pub(crate) fn error(&mut self) -> Option<&str> {
        self.member("error").and_then(|error| error.as_str())
    }

    fn new(status: StatusCode, members: Map<String, Value>) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, JSON);
        // RFC 6749 section 5.1: no cache may keep tokens. Refusals carry the same headers, because they tell who failed.
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(PRAGMA, NO_CACHE);
        let content = Content::Members(members);
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
        let mut reply = Self::new(refusal.status, members);
        if let Some((name, value)) = refusal.header {
            reply.headers.insert(name, value);
        }
        reply
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let body = match self.content {
            Content::Members(members) => {
                let mut json = Vec::with_capacity(1024);
                // A map of JSON values has nothing that JSON could not say.
                serde_json::to_writer(&mut json, &members).unwrap_or_default();
                Body::from(json)
            }
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
