//! The paths of the server, and what answers at each.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::Method;
use serde_json::{Map, Value};
use tower::service_fn;

use crate::discovery;
use crate::intake;
use crate::introspection;
use crate::occasion::{Endpoint, Occasion};
use crate::policy::{Misread, Received};
use crate::realm::{Realm, Server};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::revocation;
use crate::token_endpoint;
use crate::userinfo;

/// One service for every path, so that any other is answered in JSON too.
pub(crate) fn routes(server: Arc<Server>) -> Router {
    Router::new().fallback_service(service_fn(move |request| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(reply(&server, request).await) }
    }))
}

/// What stands before and after the label of a workspace, `tenant/name`, in the path of an endpoint.
#[rustfmt::skip]
const PATHS: [(&str, &str, Endpoint); 8] = [
    ("/",                                        "/oauth2/introspect",                      Endpoint::Introspection),
    ("/",                                        "/oauth2/revoke",                          Endpoint::Revocation),
    ("/",                                        "/oauth2/token",                           Endpoint::Token),
    ("/",                                        "/oauth2/userinfo",                        Endpoint::Userinfo),
    ("/",                                        "/.well-known/jwks.json",                  Endpoint::Jwks),
    ("/",                                        "/.well-known/openid-configuration",       Endpoint::OpenidMetadata),
    // RFC 8414 section 3.1 puts the well-known part in front of the issuer's path; many clients look behind it.
    ("/.well-known/oauth-authorization-server/", "",                                        Endpoint::Metadata),
    ("/",                                        "/.well-known/oauth-authorization-server", Endpoint::Metadata),
];

/// The token endpoint of the workspace that needs no naming.
const DEFAULT_TOKEN: &str = "/oauth/token";

/// Whether a path is that of a token endpoint, be there a workspace behind it or not.
pub(crate) fn is_token_endpoint(path: &str) -> bool {
    path == DEFAULT_TOKEN || path.ends_with("/oauth2/token")
}

/// The workspace and the endpoint that a path leads to. Labels are made of characters that stand for themselves in a path.
fn find<'s>(server: &'s Server, path: &str) -> Option<(&'s Realm, Endpoint)> {
    if path == DEFAULT_TOKEN {
        return Some((server.default_realm()?, Endpoint::Token));
    }
    PATHS.iter().find_map(|&(before, after, endpoint)| {
        let label = path.strip_prefix(before)?.strip_suffix(after)?;
        Some((server.realm(label)?, endpoint))
    })
}

/// The one way to an answer; misreadings come first and alterations last, when all else is decided.
async fn reply(server: &Server, request: Request) -> Reply {
    let Some((realm, endpoint)) = find(server, request.uri().path()) else {
        return Refusal::not_found().into();
    };
    let mut occasion = Occasion::at(endpoint);
    let answer = answer(server, realm, request, &mut occasion).await;
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
        Endpoint::Jwks => document(&request, || discovery::key_set(realm)),
        Endpoint::Metadata | Endpoint::OpenidMetadata => document(&request, || discovery::metadata(realm)),
        Endpoint::Revocation => revocation::answer(server, realm, request, occasion).await,
        Endpoint::Token => token_endpoint::answer(server, realm, request, occasion).await,
        Endpoint::Userinfo => userinfo::answer(server, realm, request).await,
    }
}

/// Documents are read; what takes a form says itself which methods it knows.
fn document(request: &Request, members: impl FnOnce() -> Map<String, Value>) -> Result<Reply, Refusal> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(Reply::document(members())),
        _ => Err(Refusal::method_not_allowed("GET, HEAD")),
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
