//! Other answers that the RFCs permit, a line each.

use http::HeaderValue;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::keys::Kind::{Access, Id};
use crate::keys::Signing;
use crate::occasion::Endpoint::{Introspection, Jwks, Metadata, OpenidMetadata, Revocation, Userinfo};
use crate::policy::{AccessTokens, ForeignScope, InvalidClient, Policy, Refresh, Revoking, ScopeTold};
use crate::reply::{Content, Reply};

/// One liberty taken: whatever judges the server has no reason to complain.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name, unique in the table.
    pub id: &'static str,
    /// The requirement that permits it.
    pub permitted_by: &'static str,
    /// The one SHOULD that it departs from, if any: a warning under that one is right.
    pub departs_from: Option<&'static str>,
    /// What the server does, in a sentence.
    pub says: &'static str,
    /// What it changes in a policy.
    pub how: fn(&mut Policy),
}

impl Variant {
    /// The strict policy with this one liberty taken.
    pub fn policy(&self) -> Policy {
        let mut policy = Policy::strict();
        (self.how)(&mut policy);
        policy
    }
}

/// Every variant, sorted by its id.
#[rustfmt::skip]
pub const VARIANTS: &[Variant] = &[
    variant("access-token-not-revocable",         "rfc7009/2.2.1/unsupported-token-type",    "Access tokens are a kind that can't be revoked.",                     |p| p.access_token_revocation = Revoking::Unsupported).departing_from("rfc7009/2/access-token-too"),
    variant("access-tokens-outlive-revocation",   "rfc7009/2.1/access-tokens-of-grant",      "The access tokens of a revoked refresh token live out their time.",   |p| p.access_tokens_go_with_refresh_token = false).departing_from("rfc7009/2.1/access-tokens-of-grant"),
    variant("aud-as-list",                        "rfc7519/4.1.3/aud-form",                  "aud is a list.",                                                      |p| { p.redraft(Access, aud_as_list); p.redraft(Id, aud_as_list) }),
    variant("bearer-challenge-in-upper-case",     "rfc9110/11.1/scheme-case",                "Userinfo calls the scheme BEARER.",                                   |p| p.alter_at(&[Userinfo], bearer_in_upper_case)),
    variant("charset-on-content-type",      "rfc8259/11/charset-harmless",           "JSON comes with a charset parameter.",                           |p| p.alter(charset_on_content_type)),
    variant("either-secret-method",         "rfc6749/2.3/any-method",                "A client with a secret may send it either way.",                 |p| p.secret_only_where_registered = false),
    variant("error-without-description",    "rfc6749/5.2/error-description",         "A refusal consists of its code.",                                |p| p.alter(|r| r.remove("error_description"))),
    variant("es256",                              "rfc7518/3.4/ecdsa-length",                "Tokens are signed with ES256.",                                       |p| p.signing = Some(Signing::Es256)),
    variant("expires-in-omitted",           "rfc6749/5.1/expires-otherwise-told",    "The lifetime is in the documentation only.",                     |p| p.alter(|r| r.remove("expires_in"))).departing_from("rfc6749/5.1/expires-in"),
    variant("extra-claims",                       "rfc9068/2.2.1/auth-claims",               "Tokens have claims that no RFC defines.",                             |p| { p.redraft(Access, extra_claims); p.redraft(Id, extra_claims) }),
    variant("extra-members",                "rfc6749/5.1/unknown-ignored",           "Answers have members that no RFC defines.",                      |p| p.alter(|r| r.insert("request_id", "r-1"))),
    variant("further-key",                        "rfc7517/4.5/kid-distinct",                "The key set has one key more than tokens are signed with.",           |p| p.alter_at(&[Jwks], further_key)),
    variant("id-token-with-more",                 "oidc-core/2/auth-time",                   "The ID token tells when, how and for whom the user logged in.",       |p| p.redraft(Id, login_told)),
    variant("introspection-minimal",              "rfc7662/2.2/optional-members",            "Introspection tells whether a token is active and nothing more.",     |p| p.alter_at(&[Introspection], active_alone)),
    variant("invalid-client-400-for-body",  "rfc6749/5.2/may-401",                   "A client that failed to authenticate in the body is answered 400.", |p| p.invalid_client_without_header = InvalidClient::BadRequest),
    variant("kid-left-out",                       "oidc-core/10.1/kid",                      "Tokens do not name the key, of which there is one.",                  |p| { p.redraft(Access, |d| drop(d.header.shift_remove("kid"))); p.redraft(Id, |d| drop(d.header.shift_remove("kid"))) }),
    variant("metadata-minimal",                   "rfc8414/2/optional-members",              "The metadata hold what has to be there, and where the endpoints are.", |p| p.alter_at(&[Metadata, OpenidMetadata], required_metadata)),
    variant("metadata-with-more",                 "rfc8414/2/optional-members",              "The metadata have members that no RFC defines.",                      |p| p.alter_at(&[Metadata, OpenidMetadata], |r| r.insert("x_tenant", "demo"))),
    variant("no-refresh-token",             "rfc6749/4.3.3/refresh-optional",        "The password grant brings no refresh token.",                    |p| p.refresh = Refresh::Withheld),
    variant("no-rotation",                  "rfc6749/6/rotation",                    "A refresh token stays good and no new one comes.",               |p| p.refresh = Refresh::Steady),
    variant("opaque-access-tokens",               "rfc6749/A.12/access-token-chars",         "Access tokens say nothing to those who read them.",                   |p| p.access_tokens = AccessTokens::Opaque),
    variant("revocation-with-a-body",             "rfc7009/2.2/body-ignored",                "A revocation is answered with JSON.",                                 |p| p.alter_at(&[Revocation], revoked_in_json)),
    variant("rs256",                              "rfc7518/3.3/rsa-2048",                    "Tokens are signed with RS256.",                                       |p| p.signing = Some(Signing::Rs256)),
    variant("scope-always-told",            "rfc6749/5.1/scope-optional-when-same",  "The scope is told even when it is what was asked for.",          |p| p.scope_told = ScopeTold::Always),
    variant("scope-narrowed",               "rfc6749/3.3/may-ignore",                "Of the scopes asked for, those that may be had are granted.",    |p| p.foreign_scope = ForeignScope::LeftOut),
    variant("token-type-lower-case",        "rfc6749/5.1/token-type-case",           "token_type is bearer.",                                          |p| p.alter(token_type_lower_case)),
    variant("typ-with-prefix",                    "rfc9068/2.1/typ",                         "The typ of an access token is written in full.",                      |p| p.redraft(Access, |d| drop(d.header.insert("typ".to_owned(), "application/at+jwt".into())))).departing_from("rfc9068/2.1/typ-short"),
    variant("userinfo-with-more",                 "oidc-core/5.3.2/json",                    "Userinfo tells more than sub.",                                       |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.insert("preferred_username", "alice") })),
];

const fn variant(id: &'static str, permitted_by: &'static str, says: &'static str, how: fn(&mut Policy)) -> Variant {
    Variant { id, permitted_by, departs_from: None, says, how }
}

impl Variant {
    const fn departing_from(self, should: &'static str) -> Self {
        Self { departs_from: Some(should), ..self }
    }
}

fn charset_on_content_type(reply: &mut Reply) {
    reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
}

fn token_type_lower_case(reply: &mut Reply) {
    if let Some(member) = reply.member("token_type") {
        *member = "bearer".into();
    }
}

fn active_alone(reply: &mut Reply) {
    if let Content::Members(members) = &mut reply.content
        && members.contains_key("active")
    {
        members.retain(|name, _| name == "active");
    }
}

fn aud_as_list(draft: &mut Draft) {
    if let Some(aud) = draft.claims.get("aud").cloned() {
        draft.set("aud", vec![aud]);
    }
}

fn extra_claims(draft: &mut Draft) {
    let issued_at = draft.number("iat");
    draft.set("nbf", issued_at);
    draft.set("tenant", "demo");
    draft.set("roles", vec!["reader", "writer"]);
    draft.set("act", json!({ "sub": "somebody" }));
}

fn further_key(reply: &mut Reply) {
    if let Some(keys) = reply.member("keys").and_then(Value::as_array_mut) {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        keys.insert(0, json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "spare", "x": x }));
    }
}

fn login_told(draft: &mut Draft) {
    draft.set("amr", vec!["pwd"]);
    if let Some(aud) = draft.claims.get("aud").cloned() {
        draft.set("azp", aud);
    }
}

/// What RFC 8414 section 2 and `OpenID` Connect Discovery section 3 require or recommend, and what no default speaks for.
fn required_metadata(reply: &mut Reply) {
    if let Content::Members(members) = &mut reply.content {
        let optional = ["claims_supported", "introspection_endpoint_auth_methods_supported"];
        members.retain(|name, _| !optional.contains(&name.as_str()));
    }
}

fn bearer_in_upper_case(reply: &mut Reply) {
    if let Some(challenge) = reply.headers.get_mut(WWW_AUTHENTICATE)
        && let Ok(text) = challenge.to_str()
        && let Ok(other) = HeaderValue::try_from(text.replacen("Bearer", "BEARER", 1))
    {
        *challenge = other;
    }
}

fn revoked_in_json(reply: &mut Reply) {
    if let Content::Nothing = reply.content {
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        reply.content = Content::Page("{}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_says_something() {
        assert!(VARIANTS.is_sorted_by(|a, b| a.id < b.id));
        for variant in VARIANTS {
            assert_eq!(variant.permitted_by.split('/').count(), 3, "{}", variant.id);
            assert!(variant.says.ends_with('.'), "{}", variant.id);
        }
    }
}
