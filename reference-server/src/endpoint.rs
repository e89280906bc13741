//! The paths of the server, and what answers at each.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};

use crate::discovery;
use crate::intake;
use crate::introspection;
use crate::occasion::{Endpoint, Occasion};
use crate::policy::{Misread, Received};
use crate::realm::{Address, Realm, Server};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::revocation;
use crate::token_endpoint;
use crate::userinfo;

/// Every path there is; any other is answered in JSON too.
#[rustfmt::skip]
pub(crate) fn routes(server: Arc<Server>) -> Router {
    Router::new()
        .route("/oauth/token",                                                any(default_token))
        .route("/{tenant}/{workspace}/oauth2/introspect",                     at(Endpoint::Introspection))
        .route("/{tenant}/{workspace}/oauth2/revoke",                         at(Endpoint::Revocation))
        .route("/{tenant}/{workspace}/oauth2/token",                          at(Endpoint::Token))
        .route("/{tenant}/{workspace}/oauth2/userinfo",                       at(Endpoint::Userinfo))
        .route("/{tenant}/{workspace}/.well-known/jwks.json",                 at(Endpoint::Jwks))
        .route("/{tenant}/{workspace}/.well-known/openid-configuration",      at(Endpoint::OpenidMetadata))
        // RFC 8414 section 3.1 puts the well-known part in front of the issuer's path; many clients look behind it.
        .route("/.well-known/oauth-authorization-server/{tenant}/{workspace}", at(Endpoint::Metadata))
        .route("/{tenant}/{workspace}/.well-known/oauth-authorization-server", at(Endpoint::Metadata))
        .method_not_allowed_fallback(read_only)
        .fallback(nothing)
        .with_state(server)
}

/// Whether a path is that of a token endpoint, be there a workspace behind it or not.
pub(crate) fn is_token_endpoint(path: &str) -> bool {
    path == "/oauth/token" || path.ends_with("/oauth2/token")
}

/// A path that names no workspace, or is no text, leads nowhere.
type Named = Result<Path<Address>, PathRejection>;

/// Documents are read; what takes a form says itself which methods it knows.
fn at(endpoint: Endpoint) -> MethodRouter<Arc<Server>> {
    let answer = move |State(server): State<Arc<Server>>, named: Named, request: Request| async move {
        let realm = named.ok().and_then(|Path(address)| server.realm(&address));
        reply(&server, realm, endpoint, request).await
    };
    match endpoint {
        Endpoint::Jwks | Endpoint::Metadata | Endpoint::OpenidMetadata => get(answer),
        Endpoint::Introspection | Endpoint::Revocation | Endpoint::Token | Endpoint::Userinfo => any(answer),
    }
}

async fn default_token(State(server): State<Arc<Server>>, request: Request) -> Response {
    reply(&server, server.default_realm(), Endpoint::Token, request).await.into_response()
}

async fn read_only() -> Reply {
    Refusal::method_not_allowed("GET, HEAD").into()
}

async fn nothing() -> Reply {
    Refusal::not_found().into()
}

/// The one way to an answer; misreadings come first and alterations last, when all else is decided.
async fn reply(server: &Server, realm: Option<&Realm>, endpoint: Endpoint, request: Request) -> Reply {
    let mut occasion = Occasion::at(endpoint);
    let answer = match realm {
        Some(realm) => answer(server, realm, request, &mut occasion).await,
        None => Err(Refusal::not_found()),
    };
    let mut reply = answer.unwrap_or_else(Reply::from);
    reply.occasion = Occasion { granted: reply.occasion.granted, ..occasion };
    for alteration in &server.policy.alterations {
        if alteration.at.contains(&endpoint) {
            (alteration.how)(&mut reply);
        }
    }
    reply
}

async fn answer(server: &Server, realm: &Realm, request: Request, occasion: &mut Occasion) -> Result<Reply, Refusal> {
    let request = misread(server, occasion.endpoint, request).await?;
    match occasion.endpoint {
        Endpoint::Introspection => introspection::answer(server, realm, request, occasion).await,
        Endpoint::Jwks => Ok(Reply::document(discovery::key_set(realm))),
        Endpoint::Metadata | Endpoint::OpenidMetadata => Ok(Reply::document(discovery::metadata(realm))),
        Endpoint::Revocation => revocation::answer(server, realm, request, occasion).await,
        Endpoint::Token => token_endpoint::answer(server, realm, request, occasion).await,
        Endpoint::Userinfo => userinfo::answer(server, realm, request).await,
    }
}

/// The request as the policy has it read, which is as it came unless there is a fault.
async fn misread(server: &Server, endpoint: Endpoint, request: Request) -> Result<Request, Refusal> {
    let misreadings = &server.policy.misreadings;
    if misreadings.is_empty() {
        return Ok(request);
    }
    let (mut head, body) = request.into_parts();
    let mut received = Received { headers: head.headers, body: intake::read(body, server.body_limit).await? };
    for misreading in misreadings {
        match misreading.how {
            _ if misreading.at != endpoint => {}
            Misread::As(how) => how(&mut received),
            Misread::Refused(when) => when(&received).map_or(Ok(()), Err)?,
        }
    }
    head.headers = received.headers;
    Ok(Request::from_parts(head, Body::from(received.body)))
}
