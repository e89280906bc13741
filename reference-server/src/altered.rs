//! Simple changes to a finished answer, which faults and variants have in common.

use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::reply::{Content, Reply};

/// Leaves a header out.
pub(crate) fn without(reply: &mut Reply, header: &HeaderName) {
    reply.headers.remove(header);
}

/// Adds a header, or has it say something else.
pub(crate) fn header(reply: &mut Reply, header: &HeaderName, value: &'static str) {
    reply.headers.insert(header, HeaderValue::from_static(value));
}

/// Has a header that is there say something else.
pub(crate) fn replace(reply: &mut Reply, header: &HeaderName, value: &'static str) {
    if let Some(there) = reply.headers.get_mut(header) {
        *there = HeaderValue::from_static(value);
    }
}

/// Has a challenge that is there be another one.
pub(crate) fn challenge(reply: &mut Reply, how: fn(&str) -> String) {
    if let Some(challenge) = reply.headers.get_mut(WWW_AUTHENTICATE)
        && let Ok(text) = challenge.to_str()
        && let Ok(other) = HeaderValue::try_from(how(text))
    {
        *challenge = other;
    }
}

/// Has one error have another status.
pub(crate) fn status(reply: &mut Reply, code: &str, status: StatusCode) {
    if reply.error() == Some(code) {
        reply.status = status;
    }
}

/// Has one error have another code.
pub(crate) fn rename(reply: &mut Reply, from: &str, to: &str) {
    if reply.error() == Some(from) {
        reply.insert("error", to);
    }
}

/// Has a member that is there say something else.
pub(crate) fn set(reply: &mut Reply, name: &str, value: impl Into<Value>) {
    if let Some(member) = reply.member(name) {
        *member = value.into();
    }
}

/// Has a member that is no text be one.
pub(crate) fn as_text(reply: &mut Reply, name: &str) {
    if let Some(member) = reply.member(name) {
        *member = member.to_string().into();
    }
}

/// Has a text say something more at its end.
pub(crate) fn append(reply: &mut Reply, name: &str, more: &str) {
    if let Some(Value::String(text)) = reply.member(name) {
        text.push_str(more);
    }
}

/// Has scopes be written in another way.
pub(crate) fn scope(reply: &mut Reply, how: impl FnOnce(&[&str]) -> Value) {
    if let Some(scope) = reply.member("scope")
        && let Some(text) = scope.as_str()
    {
        *scope = how(&text.split(' ').collect::<Vec<_>>());
    }
}

/// Sends something that is not what the endpoint says.
pub(crate) fn page(reply: &mut Reply, media_type: &'static str, text: &'static str) {
    header(reply, &CONTENT_TYPE, media_type);
    reply.content = Content::Page(text);
}

/// An Ed25519 public key that signs nothing here.
pub(crate) const SPARE_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// Adds a key that nothing is signed with.
pub(crate) fn spare_key(reply: &mut Reply) {
    if let Some(keys) = reply.member("keys").and_then(Value::as_array_mut) {
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "spare", "x": SPARE_X });
        keys.insert(0, key);
    }
}
