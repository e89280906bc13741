//! How an answer with tokens can be wrong.

use serde_json::Value;

use crate::reply::Reply;

pub(super) fn expires_in_milliseconds(reply: &mut Reply) {
    if let Some(member) = reply.member("expires_in")
        && let Some(seconds) = member.as_u64()
    {
        *member = seconds.saturating_mul(1000).into();
    }
}

/// A break behind the first 64 characters, as some Base64 encoders set it.
pub(super) fn line_break(reply: &mut Reply, name: &str) {
    if let Some(Value::String(token)) = reply.member(name) {
        token.insert(token.len().min(64), '\n');
    }
}

pub(super) fn token_type_twice(reply: &mut Reply) {
    if reply.is_issued() {
        reply.rewrite(|text| text.replacen('{', r#"{"token_type":"Bearer","#, 1).into_bytes());
    }
}

/// Anybody who looks for the token within finds it, and no client does.
pub(super) fn wrapped(reply: &mut Reply) {
    if reply.is_issued() {
        reply.rewrite(|text| format!(r#"{{"data":{text}}}"#).into_bytes());
    }
}

pub(super) fn further_member_twice(reply: &mut Reply) {
    if reply.is_issued() {
        reply.rewrite(|text| text.replacen('{', r#"{"node":"web-1","node":"web-2","#, 1).into_bytes());
    }
}

/// As long as a good one, so that its size does not give it away.
pub(super) fn counted(reply: &mut Reply) {
    let number = reply.occasion.granted;
    if let Some(token) = reply.member("access_token") {
        *token = format!("{number:043}").into();
    }
}
