//! The answers of the token endpoint: data first, HTTP at the very end.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::client::Proof;
use crate::config::Grant;
use crate::form::Parameter;
use crate::grant::Ask;
use crate::refusal::Refusal;

/// An answer that can still be changed.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    pub(crate) occasion: Occasion,
}

/// On what occasion an answer is given, as far as the request got: so that an answer can be altered on some occasions
/// and not on others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Occasion {
    /// The grant that was asked for.
    pub(crate) grant: Option<Grant>,
    /// Whether the client is one without a secret.
    pub(crate) client_is_public: bool,
    /// Whether the user's name or password goes beyond ASCII.
    pub(crate) beyond_ascii: bool,
    /// Which granted request of this server it is, from one; zero for a refusal.
    pub(crate) granted: u64,
}

impl Occasion {
    /// Whether this grant was asked for.
    pub(crate) fn is(&self, grant: Grant) -> bool {
        self.grant == Some(grant)
    }

    /// Whether it is granted, as every so many requests of this server are.
    pub(crate) fn is_every(&self, many: u64) -> bool {
        self.granted > 0 && self.granted.is_multiple_of(many)
    }

    pub(crate) fn of(ask: &Ask<'_>, granted: bool) -> Self {
        let beyond_ascii = |parameter| ask.form.get(parameter).is_some_and(|text| !text.is_ascii());
        Self {
            grant: ask.form.get(Parameter::GrantType).and_then(Grant::named),
            client_is_public: matches!(ask.client.proof, Proof::None),
            beyond_ascii: beyond_ascii(Parameter::Username) || beyond_ascii(Parameter::Password),
            granted: if granted { ask.policy.count_grant() } else { 0 },
        }
    }
}

/// What an answer says.
#[derive(Debug)]
pub(crate) enum Content {
    /// The members of a JSON object.
    Members(Map<String, Value>),
    /// A page for people, which the token endpoint never sends on purpose.
    Page(&'static str),
    /// Bytes that only look like JSON.
    Bytes(Vec<u8>),
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

    /// Whether this answer brings tokens.
    pub(crate) fn is_issued(&self) -> bool {
        self.status == StatusCode::OK
    }

    /// A member of the JSON object, to be changed.
    pub(crate) fn member(&mut self, name: &str) -> Option<&mut Value> {
        match &mut self.content {
            Content::Members(members) => members.get_mut(name),
            Content::Page(_) | Content::Bytes(_) => None,
        }
    }

    /// Adds a member to the JSON object.
    pub(crate) fn insert(&mut self, name: &str, value: impl Into<Value>) {
        match &mut self.content {
            Content::Members(members) => drop(members.insert(name.to_owned(), value.into())),
            Content::Page(_) | Content::Bytes(_) => {}
        }
    }

    /// Takes a member out of the JSON object.
    pub(crate) fn remove(&mut self, name: &str) {
        match &mut self.content {
            Content::Members(members) => drop(members.shift_remove(name)),
            Content::Page(_) | Content::Bytes(_) => {}
        }
    }

    /// Changes the text of the JSON object, be it into no JSON at all.
    pub(crate) fn rewrite(&mut self, how: impl FnOnce(String) -> Vec<u8>) {
        match &self.content {
            Content::Members(members) => {
                self.content = Content::Bytes(how(Value::Object(members.clone()).to_string()));
            }
            Content::Page(_) | Content::Bytes(_) => {}
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
        Self { status, headers, content, occasion: Occasion::default() }
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
            Content::Members(members) => Body::from(Value::Object(members).to_string()),
            Content::Page(page) => Body::from(page),
            Content::Bytes(bytes) => Body::from(bytes),
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
