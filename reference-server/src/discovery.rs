//! What a client can find out without asking for a token.

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::config::Grant;
use crate::realm::Realm;

/// Authorization server metadata (RFC 8414 section 2).
pub(crate) fn metadata(realm: &Realm) -> Value {
    let issuer = &realm.issuer;
    let grants: Vec<&str> = realm.grants.iter().copied().map(Grant::as_str).collect();
    json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "grant_types_supported": grants,
        // Required, and empty: there is no authorization endpoint to respond.
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
    })
}

/// A document that anybody may read and keep.
pub(crate) fn json(document: &Value) -> Response {
    let mut response = Response::new(Body::from(document.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
