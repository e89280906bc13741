//! Other answers that the RFCs permit, a line each.

use std::mem;

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::altered::{challenge, header, page, replace, scope, set, spare_key};
use crate::config::Grant;
use crate::draft::Draft;
use crate::keys::Kind::{Access, Id};
use crate::keys::Signing;
use crate::occasion::Endpoint::{Introspection, Jwks, Metadata, OpenidMetadata, Revocation, Userinfo};
use crate::policy::{
    AccessTokens, Charset, Chunked, Escapes, ForeignScope, InvalidClient, MediaType, MissingAuthentication, NoForm,
    Policy, PublicClients, Received, Refresh, RefreshScope, Revoking, ScopeTold, TwoAuthentications, UnreadableBasic,
    UsernameReading,
};
use crate::refusal::Refusal;
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
    variant("access-token-not-revocable",     "rfc7009/2.2.1/unsupported-token-type",  "Access tokens are a kind that can't be revoked.",                 |p| p.access_token_revocation = Revoking::Unsupported).departing_from("rfc7009/2/access-token-too"),
    variant("access-token-repeated",        "rfc6749/4.3.3/granted",                 "Who asks for the same again gets the same access token again, while it lives.", |p| p.access_tokens = AccessTokens::Repeated),
    variant("access-tokens-outlive-revocation", "rfc7009/2.1/access-tokens-of-grant",    "The access tokens of a revoked refresh token live out their time.", |p| p.access_tokens_go_with_refresh_token = false).departing_from("rfc7009/2.1/access-tokens-of-grant"),
    variant("allow-names-options",          "rfc9110/15.5.6/allow",                  "A 405 names OPTIONS beside POST.",                               |p| p.alter(|r| replace(r, &ALLOW, "OPTIONS, POST"))),
    variant("aud-as-list",                    "rfc7519/4.1.3/aud-form",                "aud is a list.",                                                  |p| { p.redraft(Access, aud_as_list); p.redraft(Id, aud_as_list) }),
    variant("bearer-challenge-in-upper-case", "rfc9110/11.1/scheme-case",              "Userinfo calls the scheme BEARER.",                               |p| p.alter_at(&[Userinfo], |r| challenge(r, |text| text.replacen("Bearer", "BEARER", 1)))),
    variant("cache-control-with-more",      "rfc6749/5.1/no-store",                  "Cache-Control has more directives than no-store, in another case.", |p| p.alter(|r| replace(r, &CACHE_CONTROL, "private, No-Store, max-age=0"))),
    variant("challenge-in-lower-case",      "rfc9110/11.1/scheme-case",              "The scheme of a challenge is written in lower case.",            |p| p.alter(|r| replace(r, &WWW_AUTHENTICATE, r#"basic realm="token endpoint""#))),
    variant("challenge-on-every-refusal",   "rfc9110/11.6.1/other-answers",          "A 400 has a challenge too.",                                     |p| p.alter(challenge_on_every_refusal)),
    variant("charset-on-content-type",      "rfc8259/11/charset-harmless",           "JSON comes with a charset parameter.",                           |p| p.alter(|r| header(r, &CONTENT_TYPE, "application/json;charset=UTF-8"))),
    variant("chunked-body-411",             "rfc9112/6.3/length-required",           "A body whose length is not told is refused with 411.",           |p| p.chunked = Chunked::LengthRequired),
    variant("content-type-case",            "rfc9110/8.3.1/media-type-case",         "The media type of an answer is written in upper and lower case.", |p| p.alter(|r| replace(r, &CONTENT_TYPE, "Application/JSON"))),
    variant("content-type-spaced",          "rfc9110/8.3.1/parameters",              "The media type of an answer has spaces before its parameter.",   |p| p.alter(|r| replace(r, &CONTENT_TYPE, r#"application/json ; charset="utf-8""#))),
    variant("either-secret-method",         "rfc6749/2.3/any-method",                "A client with a secret may send it either way.",                 |p| p.secret_only_where_registered = false),
    variant("error-uri-present",            "rfc6749/5.2/error-uri",                 "A refusal points to a page about it.",                           |p| p.alter(error_uri_present)),
    variant("error-without-description",    "rfc6749/5.2/error-description",         "A refusal consists of its code.",                                |p| p.alter(|r| r.remove("error_description"))),
    variant("es256",                          "rfc7518/3.4/ecdsa-length",              "Tokens are signed with ES256.",                                   |p| p.signing = Some(Signing::Es256)),
    variant("escaped-characters",           "rfc8259/2/one-json-text",               "JSON texts are escaped where they need not be.",                 |p| p.alter(escaped_characters)),
    variant("expires-in-omitted",           "rfc6749/5.1/expires-otherwise-told",    "The lifetime is in the documentation only.",                     |p| p.alter(|r| r.remove("expires_in"))).departing_from("rfc6749/5.1/expires-in"),
    variant("extra-claims",                   "rfc9068/2.2.1/auth-claims",             "Tokens have claims that no RFC defines.",                         |p| { p.redraft(Access, extra_claims); p.redraft(Id, extra_claims) }),
    variant("extra-members",                "rfc6749/5.1/unknown-ignored",           "Answers have members that no RFC defines.",                      |p| p.alter(|r| r.insert("request_id", "r-1"))),
    variant("further-key",                    "rfc7517/4.5/kid-distinct",              "The key set has one key more than tokens are signed with.",       |p| p.alter_at(&[Jwks], spare_key)),
    variant("grace-for-replaced-token",     "rfc6749/6/revoke-old",                  "A client with a secret may use a replaced refresh token for ten seconds more.", |p| p.refresh = Refresh::Grace),
    variant("id-token-with-more",             "oidc-core/2/auth-time",                 "The ID token tells when, how and for whom the user logged in.",   |p| p.redraft(Id, login_told)),
    variant("introspection-minimal",          "rfc7662/2.2/optional-members",          "Introspection tells whether a token is active and nothing more.", |p| p.alter_at(&[Introspection], active_alone)),
    variant("invalid-client-400-for-body",  "rfc6749/5.2/may-401",                   "A client that failed to authenticate in the body is answered 400.", |p| p.invalid_client_without_header = InvalidClient::BadRequest),
    variant("kid-left-out",                   "oidc-core/10.1/kid",                    "Tokens do not name the key, of which there is one.",              |p| { p.redraft(Access, |d| drop(d.header.shift_remove("kid"))); p.redraft(Id, |d| drop(d.header.shift_remove("kid"))) }),
    variant("long-password-malformed",      "rfc6749/10.14/values-sanitized",        "A password of more than 256 bytes is a malformed request.",       |p| p.balk(long_password_malformed)),
    variant("long-scope-malformed",         "rfc6749/10.14/values-sanitized",        "A scope of more than 256 bytes is a malformed request.",          |p| p.balk(long_scope_malformed)),
    variant("malformed-basic-400",          "rfc6749/5.2/invalid-request-malformed", "Basic credentials that can't be read are a malformed request.",  |p| p.unreadable_basic = UnreadableBasic::InvalidRequest),
    variant("malformed-escapes-read",       "rfc6749/5.2/invalid-grant",             "A percent sign that begins no escape stands for itself.",        |p| p.form.escapes = Escapes::Lenient),
    variant("media-type-optional",          "rfc9110/8.3/content-type-sent",         "A body without a media type is read as a form.",                 |p| p.media_type = MediaType::FormOrNone),
    variant("members-in-another-order",     "rfc6749/5.1/order-free",                "The members of an answer come the other way round.",             |p| p.alter(members_in_another_order)),
    variant("metadata-minimal",               "rfc8414/2/optional-members",            "The metadata hold what has to be there, and where the endpoints are.", |p| p.alter_at(&[Metadata, OpenidMetadata], required_metadata)),
    variant("metadata-with-more",             "rfc8414/2/optional-members",            "The metadata have members that no RFC defines.",                  |p| p.alter_at(&[Metadata, OpenidMetadata], |r| r.insert("x_tenant", "demo"))),
    variant("no-id-token-after-refresh",    "oidc-core/12.2/iss-same",               "A refresh brings no ID token.",                                  |p| p.alter(|r| if r.occasion.is(Grant::RefreshToken) { r.remove("id_token") })),
    variant("no-refresh-token",             "rfc6749/4.3.3/refresh-optional",        "The password grant brings no refresh token.",                    |p| p.refresh = Refresh::Withheld),
    variant("no-refresh-token-for-public-clients", "rfc6749/4.3.3/refresh-optional", "A client without a secret gets no refresh token.",               |p| p.refresh = Refresh::WithheldFromPublic),
    variant("no-rotation",                  "rfc6749/6/rotation",                    "A client with a secret keeps its refresh token.",                |p| p.refresh = Refresh::Steady),
    variant("odd-refresh-token-malformed",  "rfc6749/A.17/refresh-token-chars",      "A refresh token with characters that none has is a malformed request.", |p| p.balk(odd_refresh_token_malformed)),
    variant("opaque-access-tokens",           "rfc6749/A.12/access-token-chars",       "Access tokens say nothing to those who read them.",               |p| p.access_tokens = AccessTokens::Opaque),
    variant("pretty-printed",               "rfc8259/2/white-space",                 "JSON is indented.",                                              |p| p.alter(pretty_printed)),
    variant("public-client-secret-ignored", "rfc6749/2.3/public-method",             "A client without a secret may send one, which is not looked at.", |p| p.public_clients = PublicClients::SecretIgnored),
    variant("refresh-leaves-out-more-scope", "rfc6749/3.3/may-ignore",               "A refresh that asks for more gets what the login had of it, and is told.", |p| p.refresh_scope = RefreshScope::LeftOut),
    variant("refresh-scope-ignored",        "rfc6749/3.3/may-ignore",                "A refresh gets what the login had, whatever it asks for, and is told.", |p| p.refresh_scope = RefreshScope::AskedIgnored),
    variant("replaced-token-stays-good",    "rfc6749/6/revoke-old",                  "A refresh by a client with a secret leaves the old token good.", |p| p.refresh = Refresh::Accumulating),
    variant("retry-after-is-a-date",        "rfc9110/10.2.3/retry-after-form",       "Retry-After is a date.",                                         |p| p.alter(|r| replace(r, &RETRY_AFTER, "Fri, 31 Dec 2100 23:59:59 GMT"))),
    variant("revocation-with-a-body",         "rfc7009/2.2/body-ignored",              "A revocation is answered with JSON.",                             |p| p.alter_at(&[Revocation], |r| if matches!(r.content, Content::Nothing) { page(r, "application/json", "{}") })),
    variant("rs256",                          "rfc7518/3.3/rsa-2048",                  "Tokens are signed with RS256.",                                   |p| p.signing = Some(Signing::Rs256)),
    variant("scope-ignored-and-told",       "rfc6749/3.3/may-ignore",                "Whatever is asked for, the default comes and is told.",          |p| p.foreign_scope = ForeignScope::DefaultInstead),
    variant("scope-in-another-order",       "rfc6749/3.3/order-free",                "The scope is told in another order than it was asked for.",      |p| p.alter(|r| scope(r, |tokens| tokens.iter().rev().copied().collect::<Vec<_>>().join(" ").into()))),
    variant("scope-left-out-when-same",     "rfc6749/5.1/scope-optional-when-same",  "The scope is told only where it is not what was asked for.",     |p| p.scope_told = ScopeTold::WhenDifferent),
    variant("scope-narrowed",               "rfc6749/3.3/may-ignore",                "Of the scopes asked for, those that may be had are granted.",    |p| p.foreign_scope = ForeignScope::LeftOut),
    variant("scope-with-controls-malformed", "rfc6749/5.2/invalid-request-malformed", "A scope with a control character is a malformed request.",   |p| p.balk(scope_with_controls_malformed)),
    variant("strict-transport-security",    "rfc6749/1.6/other-mechanisms",          "Answers have headers that OAuth does not speak of.",             |p| p.alter(strict_transport_security)),
    variant("token-type-lower-case",        "rfc6749/5.1/token-type-case",           "token_type is bearer.",                                          |p| p.alter(|r| set(r, "token_type", "bearer"))),
    variant("token-type-upper-case",        "rfc6749/5.1/token-type-case",           "token_type is BEARER.",                                          |p| p.alter(|r| set(r, "token_type", "BEARER"))),
    variant("two-challenges",               "rfc9110/11.6.1/challenge-form",         "A 401 has a challenge for Bearer before the one for Basic.",     |p| p.alter(|r| replace(r, &WWW_AUTHENTICATE, r#"Bearer realm="api", Basic realm="token endpoint""#))),
    variant("two-methods-called-invalid-client", "rfc6749/5.2/invalid-client-method", "Who authenticates in two ways has failed to authenticate.",     |p| p.two_authentications = TwoAuthentications::InvalidClient),
    variant("typ-with-prefix",                "rfc9068/2.1/typ",                       "The typ of an access token is written in full.",                  |p| p.redraft(Access, |d| drop(d.header.insert("typ".to_owned(), "application/at+jwt".into())))).departing_from("rfc9068/2.1/typ-short"),
    variant("unnamed-client-called-invalid-request", "rfc6749/5.2/invalid-request-missing", "A request that names no client lacks a parameter.",       |p| p.missing_authentication = MissingAuthentication::UnnamedIsInvalidRequest),
    variant("userinfo-with-more",             "oidc-core/5.3.2/json",                  "Userinfo tells more than sub.",                                   |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.insert("preferred_username", "alice") })),
    variant("usernames-in-any-case",        "practice/credentials/username-exact",   "Upper and lower case of a user name are one.",                   |p| p.username = UsernameReading::CaseFolded),
    variant("what-is-no-utf-8-replaced",    "rfc6749/5.2/invalid-grant",             "Bytes that are no UTF-8 are read as the character that says so.", |p| p.form.charset = Charset::Utf8Replaced),
    variant("wrong-media-type-415",         "rfc9110/15.5.16/unsupported-media-type", "A body that is no form is answered with 415.",                  |p| p.no_form = NoForm::UnsupportedMediaType),
    variant("wrong-method-400",             "rfc6749/5.2/status-400",                "A method other than POST is a malformed request.",               |p| p.alter(wrong_method_400)).departing_from("rfc9110/9.1/405-when-not-allowed"),
];

const fn variant(id: &'static str, permitted_by: &'static str, says: &'static str, how: fn(&mut Policy)) -> Variant {
    Variant { id, permitted_by, departs_from: None, says, how }
}

impl Variant {
    const fn departing_from(self, should: &'static str) -> Self {
        Self { departs_from: Some(should), ..self }
    }
}

fn long_password_malformed(received: &Received) -> Option<Refusal> {
    malformed(received, "password", |text| text.len() > 256)
}

fn long_scope_malformed(received: &Received) -> Option<Refusal> {
    malformed(received, "scope", |text| text.len() > 256)
}

fn odd_refresh_token_malformed(received: &Received) -> Option<Refusal> {
    malformed(received, "refresh_token", |text| !text.bytes().all(|byte| matches!(byte, b' '..=b'~')))
}

fn scope_with_controls_malformed(received: &Received) -> Option<Refusal> {
    malformed(received, "scope", |text| text.contains(char::is_control))
}

/// RFC 6749 section 10.14: a value is validated where that is possible.
fn malformed(received: &Received, parameter: &str, test: impl Fn(&str) -> bool) -> Option<Refusal> {
    received.has(parameter, test).then(|| Refusal::invalid_request("a parameter holds what none can"))
}

fn challenge_on_every_refusal(reply: &mut Reply) {
    if reply.error().is_some() {
        let challenge = HeaderValue::from_static(r#"Basic realm="token endpoint""#);
        reply.headers.entry(WWW_AUTHENTICATE).or_insert(challenge);
    }
}

fn error_uri_present(reply: &mut Reply) {
    if reply.error().is_some() {
        reply.insert("error_uri", "/help?topic=errors#token");
    }
}

/// RFC 8259 section 7: any character may be escaped, and a slash in two ways.
fn escaped_characters(reply: &mut Reply) {
    reply.rewrite(|text| text.replace("\"Bearer\"", "\"\\u0042earer\"").replace('/', "\\/").into_bytes());
}

fn members_in_another_order(reply: &mut Reply) {
    if let Some(members) = reply.members() {
        *members = mem::take(members).into_iter().rev().collect();
    }
}

fn pretty_printed(reply: &mut Reply) {
    reply.rewrite(|text| format!("\r\n{}\n", text.replacen('{', "{\n\t", 1).replace(",\"", " ,\n\t\"")).into_bytes());
}

fn strict_transport_security(reply: &mut Reply) {
    header(reply, &STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    header(reply, &VARY, "Accept-Encoding");
}

fn wrong_method_400(reply: &mut Reply) {
    if reply.status == StatusCode::METHOD_NOT_ALLOWED {
        reply.status = StatusCode::BAD_REQUEST;
        reply.headers.remove(ALLOW);
    }
}

fn active_alone(reply: &mut Reply) {
    if let Some(members) = reply.members()
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

fn login_told(draft: &mut Draft) {
    draft.set("amr", vec!["pwd"]);
    if let Some(aud) = draft.claims.get("aud").cloned() {
        draft.set("azp", aud);
    }
}

/// What RFC 8414 section 2 and `OpenID` Connect Discovery section 3 require or recommend, and what no default speaks for.
fn required_metadata(reply: &mut Reply) {
    if let Some(members) = reply.members() {
        let optional = ["claims_supported", "introspection_endpoint_auth_methods_supported"];
        members.retain(|name, _| !optional.contains(&name.as_str()));
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
