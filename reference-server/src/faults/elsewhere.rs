//! How the endpoints beside the token endpoint can be wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::altered::{SPARE_X, challenge, page};
use crate::reply::{Content, Reply};

/// Says more of a token that is active, or something else.
pub(super) fn of_active(reply: &mut Reply, name: &str, value: impl Into<Value>) {
    if is_active(reply, true) {
        reply.insert(name, value);
    }
}

/// Says more of a token that is not active.
pub(super) fn of_inactive(reply: &mut Reply, name: &str, value: impl Into<Value>) {
    if is_active(reply, false) {
        reply.insert(name, value);
    }
}

pub(super) fn never_active(reply: &mut Reply) {
    if is_active(reply, true) {
        say(reply, StatusCode::OK, &[("active", false.into())]);
    }
}

pub(super) fn inactive_is_an_error(reply: &mut Reply) {
    if is_active(reply, false) {
        say(reply, StatusCode::BAD_REQUEST, &[("error", "invalid_token".into())]);
    }
}

/// Takes a request without a token for a question about the caller itself.
pub(super) fn missing_token_is_active(reply: &mut Reply) {
    if reply.error() == Some("invalid_request") {
        say(reply, StatusCode::OK, &[("active", true.into())]);
    }
}

fn is_active(reply: &mut Reply, expected: bool) -> bool {
    reply.member("active").is_some_and(|active| *active == expected)
}

/// Has one error be none.
pub(super) fn overlook(reply: &mut Reply, code: &str) {
    if reply.error() == Some(code) {
        *reply = Reply { occasion: reply.occasion, ..Reply::empty(StatusCode::OK) };
    }
}

/// Tells an error in plain words.
pub(super) fn error_as_text(reply: &mut Reply) {
    if reply.error().is_some() {
        page(reply, "text/plain", "Bad request");
    }
}

/// Explains to somebody who sent no token what is wrong with it.
pub(super) fn error_without_token(reply: &mut Reply) {
    challenge(reply, |text| {
        if text.contains("error=") { text.to_owned() } else { format!(r#"{text}, error="invalid_token""#) }
    });
}

/// The challenge up to its realm.
pub(super) fn realm_alone(text: &str) -> String {
    text.split(", error").next().unwrap_or_default().to_owned()
}

/// Changes the first key of the set.
pub(super) fn first_key(reply: &mut Reply, how: fn(&mut Map<String, Value>)) {
    if let Some(key) = keys(reply).and_then(|keys| keys.first_mut()).and_then(Value::as_object_mut) {
        how(key);
    }
}

/// Puts another key under the name of the first one.
pub(super) fn kid_twice(reply: &mut Reply) {
    if let Some(keys) = keys(reply)
        && let Some(mut other) = keys.first().cloned()
    {
        other["x"] = SPARE_X.into();
        keys.insert(0, other);
    }
}

pub(super) fn bare_key(reply: &mut Reply) {
    if let Some(Value::Object(key)) = keys(reply).and_then(Vec::pop) {
        reply.content = Content::Members(key);
    }
}

/// Writes a number with a zero in front of it, as DER does.
pub(super) fn with_zero(key: &mut Map<String, Value>, name: &str) {
    write_number(key, name, |bytes| [&[0], bytes].concat());
}

/// Writes the first bytes of a number alone.
pub(super) fn cut_short(key: &mut Map<String, Value>, name: &str, length: usize) {
    write_number(key, name, |bytes| bytes[..length.min(bytes.len())].to_vec());
}

fn write_number(key: &mut Map<String, Value>, name: &str, how: impl FnOnce(&[u8]) -> Vec<u8>) {
    if let Some(number) = key.get_mut(name)
        && let Ok(bytes) = URL_SAFE_NO_PAD.decode(number.as_str().unwrap_or_default())
    {
        *number = URL_SAFE_NO_PAD.encode(how(&bytes)).into();
    }
}

pub(super) fn kty_twice(reply: &mut Reply) {
    reply.rewrite(|text| text.replacen(r#"{"crv""#, r#"{"kty":"oct","crv""#, 1).into_bytes());
}

fn keys(reply: &mut Reply) -> Option<&mut Vec<Value>> {
    reply.member("keys").and_then(Value::as_array_mut)
}

/// Takes a value out of a list.
pub(super) fn unlist(reply: &mut Reply, name: &str, value: &str) {
    if let Some(list) = reply.member(name).and_then(Value::as_array_mut) {
        list.retain(|listed| *listed != value);
    }
}

/// Adds a value to a list.
pub(super) fn list(reply: &mut Reply, name: &str, value: &str) {
    if let Some(list) = reply.member(name).and_then(Value::as_array_mut) {
        list.push(json!(value));
    }
}

pub(super) fn list_as_text(reply: &mut Reply, name: &str) {
    if let Some(list) = reply.member(name)
        && let Some(values) = list.as_array()
    {
        *list = values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ").into();
    }
}

fn say(reply: &mut Reply, status: StatusCode, members: &[(&str, Value)]) {
    reply.status = status;
    reply.content = Content::Members(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
}
