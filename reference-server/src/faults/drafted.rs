//! How a token can be wrong before it is signed.

use serde_json::{Value, json};

use crate::altered::SPARE_X;
use crate::config::Grant;
use crate::draft::{Draft, Seal};

/// Nobody signs the token (RFC 7515 appendix A.5).
pub(super) fn unsigned(draft: &mut Draft) {
    draft.header.insert("alg".to_owned(), "none".into());
    draft.header.shift_remove("kid");
    draft.seal = Seal::Nothing;
}

/// The header says something else, or something more.
pub(super) fn header(draft: &mut Draft, name: &str, value: impl Into<Value>) {
    draft.header.insert(name.to_owned(), value.into());
}

/// A claim that is a number, changed.
pub(super) fn reckon(draft: &mut Draft, claim: &str, how: fn(u64) -> u64) {
    let number = draft.number(claim);
    draft.set(claim, how(number));
}

/// A claim that is a number, as text.
pub(super) fn as_text(draft: &mut Draft, claim: &str) {
    let number = draft.number(claim);
    draft.set(claim, number.to_string());
}

pub(super) fn scope_as_list(draft: &mut Draft) {
    if let Some(Value::String(scope)) = draft.claims.get("scope") {
        let scopes: Vec<String> = scope.split(' ').map(str::to_owned).collect();
        draft.set("scope", scopes);
    }
}

/// Tokens that a refresh brings.
pub(super) fn after_refresh(draft: &mut Draft, how: fn(&mut Draft)) {
    if draft.occasion.is(Grant::RefreshToken) {
        how(draft);
    }
}

/// Tokens that a client gets for itself.
pub(super) fn for_clients(draft: &mut Draft, how: fn(&mut Draft)) {
    if draft.occasion.is(Grant::ClientCredentials) {
        how(draft);
    }
}

/// Tokens of users.
pub(super) fn for_users(draft: &mut Draft, how: fn(&mut Draft)) {
    if !draft.occasion.is(Grant::ClientCredentials) {
        how(draft);
    }
}

/// A key that anybody could have put there, as attackers do.
pub(super) fn key_in_header(draft: &mut Draft) {
    header(draft, "jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": SPARE_X }));
}

pub(super) fn aud_twice(claims: &str) -> Vec<u8> {
    claims.replacen('{', r#"{"aud":"https://other.example","#, 1).into_bytes()
}

pub(super) fn typ_twice(header: &str) -> Vec<u8> {
    header.replacen('{', r#"{"typ":"JWT","#, 1).into_bytes()
}

pub(super) fn name_in_latin_1(claims: &str) -> Vec<u8> {
    let mut bytes = claims.as_bytes().to_vec();
    bytes.splice(1..1, *b"\"name\":\"Zo\xEB\",");
    bytes
}

/// Counts a refresh as a login. Both may happen in one second, so the refresh is a second late.
pub(super) fn login_at_refresh(draft: &mut Draft) {
    let late = u64::from(draft.occasion.is(Grant::RefreshToken));
    let issued_at = draft.number("iat");
    draft.set("auth_time", issued_at + late);
}

pub(super) fn azp_is_aud(draft: &mut Draft) {
    if let Some(aud) = draft.claims.get("aud").cloned() {
        draft.set("azp", aud);
    }
}
