//! The paths of the server, and what answers at each.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use crate::client;
use crate::discovery;
use crate::grant::{self, Ask};
use crate::intake;
use crate::realm::{Address, Realm, Server};
use crate::refusal::Refusal;
use crate::reply::Reply;

/// Every path there is; any other is answered in JSON too.
#[rustfmt::skip]
pub(crate) fn routes(server: Arc<Server>) -> Router {
    Router::new()
        .route("/oauth/token",                                             any(default_token))
        .route("/{tenant}/{workspace}/oauth2/token",                       any(token))
        .route("/{tenant}/{workspace}/.well-known/jwks.json",              get(jwks))
        // RFC 8414 section 3.1 puts the well-known part in front of the issuer's path; many clients look behind it.
        .route("/.well-known/oauth-authorization-server/{tenant}/{workspace}", get(metadata))
        .route("/{tenant}/{workspace}/.well-known/oauth-authorization-server", get(metadata))
        .method_not_allowed_fallback(read_only)
        .fallback(nothing)
        .with_state(server)
}

/// A path that names no workspace, or is no text, leads nowhere.
type Named = Result<Path<Address>, PathRejection>;

async fn token(State(server): State<Arc<Server>>, named: Named, request: Request) -> Response {
    let realm = named.ok().and_then(|Path(address)| server.realm(&address));
    reply(&server, realm, request).await.into_response()
}

async fn default_token(State(server): State<Arc<Server>>, request: Request) -> Response {
    reply(&server, server.default_realm(), request).await.into_response()
}

async fn jwks(State(server): State<Arc<Server>>, named: Named) -> Response {
    document(&server, named, |realm| discovery::json(&realm.keys.jwks()))
}

async fn metadata(State(server): State<Arc<Server>>, named: Named) -> Response {
    document(&server, named, |realm| discovery::json(&discovery::metadata(realm)))
}

async fn read_only() -> Reply {
    Refusal::method_not_allowed("GET, HEAD").into()
}

async fn nothing() -> Reply {
    Refusal::not_found().into()
}

fn document(server: &Server, named: Named, write: impl FnOnce(&Realm) -> Response) -> Response {
    match named.ok().and_then(|Path(address)| server.realm(&address)) {
        Some(realm) => write(realm),
        None => Reply::from(Refusal::not_found()).into_response(),
    }
}

/// The one way to an answer of the token endpoint; alterations come last, when all else is decided.
async fn reply(server: &Server, realm: Option<&Realm>, request: Request) -> Reply {
    let mut reply = match realm {
        Some(realm) => answer(server, realm, request).await.unwrap_or_else(Reply::from),
        None => Refusal::not_found().into(),
    };
    for alteration in &server.policy.alterations {
        alteration(&mut reply);
    }
    reply
}

async fn answer(server: &Server, realm: &Realm, request: Request) -> Result<Reply, Refusal> {
    let policy = &server.policy;
    let asked = intake::take(request, server.body_limit, policy).await?;
    let client = client::authenticate(realm, &asked.headers, &asked.form, policy)?;
    let ask = Ask { realm, client, form: &asked.form, hasher: &server.hasher, policy, now: realm.clock.unix_seconds() };
    Ok(grant::answer(&ask).await)
}
