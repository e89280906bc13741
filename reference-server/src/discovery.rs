//! What a client can find out without asking for a token.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::config::Grant;
use crate::keys::Signing;
use crate::realm::Realm;

/// Authorization server metadata (RFC 8414 section 2, with RFC 7009 and RFC 7662), which is the `OpenID` metadata as well:
/// one document can't contradict itself.
///
/// `OpenID` Connect Discovery section 3 also asks for an authorization endpoint, and this server has none.
pub(crate) fn metadata(realm: &Realm) -> Map<String, Value> {
    let issuer = &realm.issuer;
    let at = |path: &str| -> Value { format!("{issuer}/{path}").into() };
    let grants: Vec<&str> = realm.grants.iter().copied().map(Grant::as_str).collect();
    let scopes: BTreeSet<&str> = realm.clients.values().flat_map(|client| client.scopes.by_name()).collect();
    let secrets = ["client_secret_basic", "client_secret_post"];
    let any = ["none", "client_secret_basic", "client_secret_post"];
    let members = [
        ("issuer", issuer.as_str().into()),
        ("token_endpoint", at("oauth2/token")),
        ("jwks_uri", at(".well-known/jwks.json")),
        ("scopes_supported", json!(scopes)),
        // Required, and empty: there is no authorization endpoint to respond.
        ("response_types_supported", json!([])),
        ("grant_types_supported", json!(grants)),
        ("token_endpoint_auth_methods_supported", json!(any)),
        ("revocation_endpoint", at("oauth2/revoke")),
        ("revocation_endpoint_auth_methods_supported", json!(any)),
        ("introspection_endpoint", at("oauth2/introspect")),
        ("introspection_endpoint_auth_methods_supported", json!(secrets)),
        ("userinfo_endpoint", at("oauth2/userinfo")),
        ("subject_types_supported", json!(["public"])),
        // Which of them a client gets is part of its registration.
        ("id_token_signing_alg_values_supported", json!(Signing::ALL.map(Signing::as_str))),
        ("claims_supported", json!(["iss", "sub", "aud", "exp", "iat"])),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The keys that tokens can be verified with (RFC 7517 section 5).
pub(crate) fn key_set(realm: &Realm) -> Map<String, Value> {
    let keys = realm.every_key().into_iter().map(|keys| Value::Object(keys.jwk())).collect();
    Map::from_iter([("keys".to_owned(), Value::Array(keys))])
}
