//! The ways in which the server can be wrong, a line each.

mod drafted;
mod elsewhere;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::draft::Seal;
use crate::keys::Kind::{Access, Id};
use crate::keys::Signing;
use crate::occasion::Endpoint::{self, Introspection, Jwks, Metadata, OpenidMetadata, Revocation, Userinfo};
use crate::policy::{
    AbsentScope, AccessTokens, BadRefreshToken, Crash, ForeignScope, Hints, IntrospectionFor, PasswordReading, Plus,
    Policy, RefreshTokens, Revoking, ScopeTold,
};
use crate::reply::{Content, Reply};

/// One promise broken.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name, unique in the table.
    pub id: &'static str,
    /// The requirement that no longer holds.
    pub breaks: &'static str,
    /// What the server does, in a sentence.
    pub says: &'static str,
    /// What it changes in a policy.
    pub how: fn(&mut Policy),
}

impl Fault {
    /// The strict policy with this one promise broken.
    pub fn policy(&self) -> Policy {
        let mut policy = Policy::strict();
        (self.how)(&mut policy);
        policy
    }
}

/// Every fault, sorted by its id. One that needs more than a policy's field alters the finished answer.
#[rustfmt::skip]
pub const FAULTS: &[Fault] = &[
    fault("405-without-allow",                "rfc9110/15.5.6/allow",                      "A 405 does not say which methods are allowed.",                  |p| p.alter(|r| without(r, &ALLOW))),
    fault("absent-scope-grants-everything",   "rfc6749/3.3/default-or-invalid-scope",      "A request without a scope gets all that the client may have.",   |p| p.absent_scope = AbsentScope::Everything),
    fault("access-token-missing",             "rfc6749/5.1/access-token",                  "A granted request brings no access token.",                      |p| p.alter(|r| r.remove("access_token"))),
    fault("access-token-padded",                  "rfc7515/7.1/compact",                       "The parts of an access token are padded.",                            |p| p.alter(|r| if let Some(Value::String(jwt)) = r.member("access_token") { jwt.push_str("==") })),
    fault("access-token-repeated",                "rfc6749/10.3/unguessable",                  "Who asks for the same again gets the same access token again.",       |p| p.access_tokens = AccessTokens::Repeated),
    fault("alg-none",                             "rfc9068/2.1/alg-not-none",                  "The access token has the algorithm none and no signature.",           |p| p.redraft(Access, drafted::unsigned)),
    fault("any-client-secret-accepted",       "rfc6749/5.2/invalid-client",                "Every client secret is taken for the right one.",                |p| p.client_secret_checked = false),
    fault("any-grant-for-any-client",         "rfc6749/5.2/unauthorized-client",           "A client may use grants that it is not registered for.",         |p| p.client_grants_checked = false),
    fault("aud-is-a-map",                         "rfc7519/4.1.3/aud-form",                    "aud is an object.",                                                   |p| p.redraft(Access, |d| d.set("aud", json!({ "api": true })))),
    fault("audience-missing",                 "rfc9068/2.2/aud",                           "The access token has no aud.",                                   |p| p.audience_named = false),
    fault("auth-time-differs-after-refresh",      "rfc9068/2.2.1/auth-claims-kept",            "A refresh counts as a login in auth_time.",                           |p| p.redraft(Access, drafted::login_at_refresh)),
    fault("basic-client-refused-400",         "rfc6749/5.2/status-401-with-basic",         "Failed Basic authentication is answered with 400.",              |p| p.alter(basic_client_refused_400)),
    fault("basic-not-form-decoded",           "rfc6749/2.3.1/basic-form-encoded",          "Basic credentials are taken without undoing their form encoding.", |p| p.basic_is_form_decoded = false),
    fault("basic-split-at-last-colon",        "rfc7617/2/first-colon",                     "The last colon of Basic credentials ends the client identifier.", |p| p.basic_ends_id_at_first_colon = false),
    fault("cache-control-missing-on-errors",  "practice/http/no-store-on-errors",          "A refusal may be cached.",                                       |p| p.alter(|r| if !r.is_issued() { without(r, &CACHE_CONTROL) })),
    fault("cache-control-missing-on-success", "rfc6749/5.1/no-store",                      "An answer with tokens may be cached.",                           |p| p.alter(|r| if r.is_issued() { without(r, &CACHE_CONTROL) })),
    fault("challenge-missing",                "rfc6749/5.2/challenge-matches-scheme",      "A 401 has no WWW-Authenticate.",                                 |p| p.alter(|r| without(r, &WWW_AUTHENTICATE))),
    fault("claim-twice",                          "rfc7519/4/claims-unique",                   "The access token has two aud.",                                       |p| p.redraft(Access, |d| d.write_claims = drafted::aud_twice)),
    fault("claims-in-latin-1",                    "rfc8725/3.7/utf-8",                         "The claims are encoded in Latin-1.",                                  |p| p.redraft(Access, |d| d.write_claims = drafted::name_in_latin_1)),
    fault("client-credentials-sub-is-user",       "rfc9068/2.2/sub-is-client",                 "The sub of a token that a client gets for itself is a user's.",       |p| p.redraft(Access, |d| drafted::for_clients(d, |d| d.set("sub", "user-alice")))),
    fault("client-id-missing",                    "rfc9068/2.2/client-id",                     "The access token has no client_id.",                                  |p| p.redraft(Access, |d| d.leave_out("client_id"))),
    fault("description-with-quotes",          "rfc6749/5.2/error-description-chars",       "error_description holds double quotes.",                         |p| p.alter(description_with_quotes)),
    fault("disabled-user-let-in",             "rfc6749/4.3.2/validate-credentials",        "The password of a disabled account still opens it.",             |p| p.disabled_users_refused = false),
    fault("ecdsa-signature-in-der",               "rfc7518/3.4/ecdsa-length",                  "An ECDSA signature is a DER sequence.",                               |p| { p.signing = Some(Signing::Es256); p.redraft(Access, |d| d.seal = Seal::Der); p.redraft(Id, |d| d.seal = Seal::Der) }),
    fault("emoji-password-crashes",           "rfc6749/A.16/password-chars",               "A character of four UTF-8 bytes in a password brings a 500.",    |p| p.crash = Crash::BeyondThreeBytes),
    fault("empty-parameter-counts",           "rfc6749/3.2/empty-is-omitted",              "A parameter without a value counts as sent.",                    |p| p.empty_is_absent = false),
    fault("error-code-invented",              "rfc6749/5.2/error-code-listed",             "invalid_grant is called invalid_credentials.",                   |p| p.alter(|r| rename(r, "invalid_grant", "invalid_credentials"))),
    fault("error-page-is-html",               "rfc6749/5.2/media-type-json",               "A refusal is a page for people.",                                |p| p.alter(error_page_is_html)),
    fault("exp-as-string",                        "rfc7519/4.1.4/exp-numeric",                 "exp is a string.",                                                    |p| p.redraft(Access, |d| drafted::as_text(d, "exp"))),
    fault("exp-in-milliseconds",                  "rfc7519/4.1.4/exp-numeric",                 "exp counts milliseconds.",                                            |p| p.redraft(Access, |d| drafted::reckon(d, "exp", |exp| exp * 1000))),
    fault("exp-missing",                          "rfc9068/2.2/exp",                           "The access token has no exp.",                                        |p| p.redraft(Access, |d| d.leave_out("exp"))),
    fault("expired-refresh-token-accepted",   "rfc6749/6/validate-token",                  "A refresh token works beyond its lifetime.",                     |p| p.refresh_expires = false),
    fault("expires-in-as-string",             "rfc6749/5.1/expires-in-number",             "expires_in is a JSON string.",                                   |p| p.alter(expires_in_as_string)),
    fault("expires-in-milliseconds",          "rfc6749/5.1/expires-in-seconds",            "expires_in counts milliseconds.",                                |p| p.alter(expires_in_milliseconds)),
    fault("get-accepted",                     "rfc6749/3.2/post",                          "A token can be had with GET.",                                   |p| p.post_only = false),
    fault("header-name-twice",                    "rfc7515/4/header-unique",                   "The header has two typ.",                                             |p| p.redraft(Access, |d| d.write_header = drafted::typ_twice)),
    fault("iat-in-the-future",                    "rfc7519/4.1.6/iat-numeric",                 "The access token was issued tomorrow.",                               |p| p.redraft(Access, |d| drafted::reckon(d, "iat", |iat| iat + 86_400))),
    fault("iat-missing",                          "rfc9068/2.2/iat",                           "The access token has no iat.",                                        |p| p.redraft(Access, |d| d.leave_out("iat"))),
    fault("id-token-amr-as-string",               "oidc-core/2/amr",                           "The amr of an ID token is a string.",                                 |p| p.redraft(Id, |d| d.set("amr", "pwd"))),
    fault("id-token-as-access-token-accepted",    "rfc8725/3.12/kinds-told-apart",             "An ID token opens userinfo.",                                         |p| p.id_token_opens_nothing = false),
    fault("id-token-at-hash-wrong",               "oidc-core/3.1.3.6/at-hash",                 "The at_hash of an ID token is that of another access token.",         |p| p.redraft(Id, |d| d.set("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng"))),
    fault("id-token-aud-lost-after-refresh",      "oidc-core/12.2/aud-kept",                   "The ID token that a refresh brings is for another client.",           |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| d.set("aud", "another-client")))),
    fault("id-token-aud-wrong",                   "oidc-core/2/aud",                           "The ID token is for another client.",                                 |p| p.redraft(Id, |d| d.set("aud", "another-client"))),
    fault("id-token-auth-time-as-string",         "oidc-core/2/auth-time",                     "The auth_time of an ID token is a string.",                           |p| p.redraft(Id, |d| d.set("auth_time", "now"))),
    fault("id-token-auth-time-differs-after-refresh", "oidc-core/12.2/auth-time-kept",             "A refresh counts as a login in the auth_time of the ID token.",       |p| p.redraft(Id, drafted::login_at_refresh)),
    fault("id-token-azp-after-refresh",           "oidc-core/12.2/azp-same",                   "The ID token that a refresh brings has an azp, and the first one had none.", |p| p.redraft(Id, |d| drafted::after_refresh(d, drafted::azp_is_aud))),
    fault("id-token-azp-wrong",                   "oidc-core/2/azp",                           "The azp of an ID token is another client.",                           |p| p.redraft(Id, |d| d.set("azp", "another-client"))),
    fault("id-token-expired",                     "oidc-core/2/exp",                           "The ID token has expired when it comes.",                             |p| p.redraft(Id, |d| drafted::reckon(d, "exp", |exp| exp - 86_400))),
    fault("id-token-iat-missing",                 "oidc-core/2/iat",                           "The ID token has no iat.",                                            |p| p.redraft(Id, |d| d.leave_out("iat"))),
    fault("id-token-iat-of-login",                "oidc-core/12.2/iat-new",                    "The iat of an ID token that a refresh brings lies an hour back.",     |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| drafted::reckon(d, "iat", |iat| iat - 3600)))),
    fault("id-token-iss-differs",                 "oidc-core/2/iss",                           "The ID token names another issuer.",                                  |p| p.redraft(Id, |d| d.set("iss", "https://issuer.example"))),
    fault("id-token-iss-differs-after-refresh",   "oidc-core/12.2/iss-same",                   "The ID token that a refresh brings names another issuer.",            |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| d.set("iss", "https://issuer.example")))),
    fault("id-token-key-in-header",               "oidc-core/2/no-key-headers",                "The header of an ID token brings a key.",                             |p| p.redraft(Id, drafted::key_in_header)),
    fault("id-token-missing",                 "practice/id-token/with-openid",             "openid is granted and no ID token comes.",                       |p| p.alter(|r| r.remove("id_token"))),
    fault("id-token-nonce-after-refresh",         "oidc-core/12.2/no-nonce",                   "The ID token that a refresh brings has a nonce.",                     |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| d.set("nonce", "n-0S6_WzA2Mj")))),
    fault("id-token-signature-wrong",             "oidc-core/2/signed",                        "The signature of an ID token does not hold.",                         |p| p.redraft(Id, |d| d.seal = Seal::Broken)),
    fault("id-token-sub-differs",                 "oidc-core/2/sub",                           "The sub of an ID token is another user's.",                           |p| p.redraft(Id, |d| d.set("sub", "user-mallory"))),
    fault("id-token-sub-differs-after-refresh",   "oidc-core/12.2/sub-same",                   "The sub of an ID token that a refresh brings is another user's.",     |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| d.set("sub", "user-mallory")))),
    fault("id-token-sub-too-long",                "oidc-core/2/sub-length",                    "sub has 256 characters.",                                             |p| p.redraft(Id, |d| d.set("sub", "u".repeat(256)))),
    fault("id-token-typ-in-lower-case",           "rfc7519/5.1/typ-upper-case",                "The typ of an ID token is jwt.",                                      |p| p.redraft(Id, |d| drafted::header(d, "typ", "jwt"))),
    fault("id-token-unsigned",                    "oidc-core/2/alg-not-none",                  "The ID token has the algorithm none and no signature.",               |p| p.redraft(Id, drafted::unsigned)),
    fault("id-token-without-kid-among-keys",      "oidc-core/10.1/kid",                        "There are two keys, and the ID token does not say which one is meant.", |p| { p.alter_at(&[Jwks], elsewhere::second_key); p.redraft(Id, |d| drop(d.header.shift_remove("kid"))) }),
    fault("introspection-active-as-string",       "rfc7662/2.2/active",                        "Introspection tells active as a string.",                             |p| p.alter_at(&[Introspection], elsewhere::active_as_text)),
    fault("introspection-after-expiry-active",    "rfc7662/4/expired",                         "A token that has expired is told to be active.",                      |p| p.introspection_minds.expiry = false),
    fault("introspection-after-revocation-active", "rfc7662/4/revoked",                         "A token that was revoked is told to be active.",                      |p| p.introspection_minds.revocation = false),
    fault("introspection-believes-hint",          "rfc7662/2.1/hint-search",                   "Introspection looks for a token where the hint says, and nowhere else.", |p| p.introspection_hints = Hints::Believed),
    fault("introspection-client-id-differs",      "rfc7662/2.2/client-id",                     "Introspection names another client than the one that got the token.", |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "client_id", "demo-special"))),
    fault("introspection-inactive-told-as-error", "rfc7662/2.2/inactive",                      "A token that is not active is an error.",                             |p| p.alter_at(&[Introspection], elsewhere::inactive_is_an_error)),
    fault("introspection-is-html",                "rfc7662/2.2/json",                          "Introspection answers with a page for people.",                       |p| p.alter_at(&[Introspection], |r| elsewhere::page(r, "text/html", "<p>active</p>"))),
    fault("introspection-iss-differs",            "rfc7662/2.2/iss",                           "Introspection names another issuer than the token.",                  |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "iss", "https://issuer.example"))),
    fault("introspection-never-active",           "rfc7662/2.2/active-means",                  "Introspection finds no token active.",                                |p| p.alter_at(&[Introspection], elsewhere::never_active)),
    fault("introspection-of-other-workspace-active", "rfc7662/2.2/inactive",                      "A token of another workspace is told to be active.",                  |p| p.introspection_minds.issuer = false),
    fault("introspection-open-to-anyone",         "rfc7662/2.1/authorized",                    "Everybody may introspect.",                                           |p| p.introspection_for = IntrospectionFor::Everybody),
    fault("introspection-open-to-public-clients", "rfc7662/2.1/authorized",                    "A client_id is enough to introspect.",                                |p| p.introspection_for = IntrospectionFor::Clients),
    fault("introspection-scope-as-list",          "rfc7662/2.2/scope",                         "Introspection tells scope as a list.",                                |p| p.alter_at(&[Introspection], elsewhere::scope_as_list)),
    fault("introspection-signature-unchecked",    "rfc7662/4/signature",                       "A token whose signature fails is told to be active.",                 |p| p.introspection_minds.signature = false),
    fault("introspection-sub-differs",            "rfc7662/2.2/sub",                           "Introspection names another subject than the token.",                 |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "sub", "user-mallory"))),
    fault("introspection-tells-why-inactive",     "rfc7662/2.2/inactive-only",                 "Introspection says why a token is not active.",                       |p| p.alter_at(&[Introspection], |r| elsewhere::of_inactive(r, "reason", "the token has expired or is unknown"))),
    fault("introspection-times-as-strings",       "rfc7662/2.2/times",                         "Introspection tells exp and iat as strings.",                         |p| p.alter_at(&[Introspection], elsewhere::times_as_text)),
    fault("introspection-token-optional",         "rfc7662/2.1/token",                         "Introspection without a token tells that it is not active.",          |p| p.alter_at(&[Introspection], elsewhere::missing_token_is_inactive)),
    fault("introspection-token-type-differs",     "rfc7662/2.2/token-type",                    "Introspection calls an access token's type access_token.",            |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "token_type", "access_token"))),
    fault("introspection-username-differs",       "rfc7662/2.2/username",                      "Introspection names another user.",                                   |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "username", "mallory"))),
    fault("introspection-wrong-client-400",       "rfc7662/2.3/wrong-client-401",              "A client that fails to authenticate at introspection is answered with 400.", |p| p.alter_at(&[Introspection], |r| elsewhere::status(r, "invalid_client", StatusCode::BAD_REQUEST))),
    fault("invalid-grant-answered-401",       "rfc6749/5.2/status-400",                    "invalid_grant has status 401.",                                  |p| p.alter(invalid_grant_answered_401)),
    fault("invalid-scope-called-invalid-request", "rfc6749/5.2/invalid-scope",             "A scope that may not be had is refused with invalid_request.",   |p| p.alter(|r| rename(r, "invalid_scope", "invalid_request"))),
    fault("iss-differs",                          "rfc9068/2.2/iss",                           "The access token names another issuer.",                              |p| p.redraft(Access, |d| d.set("iss", "https://issuer.example"))),
    fault("jti-missing",                          "rfc9068/2.2/jti",                           "The access token has no jti.",                                        |p| p.redraft(Access, |d| d.leave_out("jti"))),
    fault("jti-repeated",                         "rfc7519/4.1.7/jti-unique",                  "Every access token has the same jti.",                                |p| p.redraft(Access, |d| d.set("jti", "1"))),
    fault("jwks-coordinate-too-long",             "rfc7518/6.2.1/coordinate-length",           "A coordinate of a P-256 key has 33 bytes.",                           |p| { p.signing = Some(Signing::Es256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| elsewhere::with_zero(key, "x"))) }),
    fault("jwks-ec-key-without-y",                "rfc7518/6.2.1/ec-members",                  "A P-256 key has no y.",                                               |p| { p.signing = Some(Signing::Es256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.shift_remove("y")))) }),
    fault("jwks-key-without-kty",                 "rfc7517/4.1/kty",                           "The key does not say of which kind it is.",                           |p| p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.shift_remove("kty"))))),
    fault("jwks-kid-is-a-number",                 "rfc7517/4.5/kid-string",                    "The kid of the key is a number.",                                     |p| p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.insert("kid".to_owned(), 1.into()))))),
    fault("jwks-kid-twice",                       "rfc7517/4.5/kid-distinct",                  "Two keys have one kid.",                                              |p| p.alter_at(&[Jwks], elsewhere::kid_twice)),
    fault("jwks-member-twice",                    "rfc7517/4/members-unique",                  "A key has two kty.",                                                  |p| p.alter_at(&[Jwks], elsewhere::kty_twice)),
    fault("jwks-not-a-set",                       "rfc7517/5/keys-member",                     "The key set is a key.",                                               |p| p.alter_at(&[Jwks], elsewhere::bare_key)),
    fault("jwks-rsa-key-without-exponent",        "rfc7518/6.3.1/rsa-members",                 "An RSA key has no e.",                                                |p| { p.signing = Some(Signing::Rs256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.shift_remove("e")))) }),
    fault("jwks-with-leading-zero",               "rfc7518/6.3.1/no-leading-zero",             "The modulus of an RSA key begins with a zero.",                       |p| { p.signing = Some(Signing::Rs256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| elsewhere::with_zero(key, "n"))) }),
    fault("jwks-with-private-key",                "rfc7517/9.2/no-private-parts",              "The key set holds the private key.",                                  |p| p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.insert("d".to_owned(), "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into()))))),
    fault("jwks-without-kid",                     "rfc7515/4.1.4/kid-matches-jwks",            "The key has no kid, and tokens name it by one.",                      |p| p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.shift_remove("kid"))))),
    fault("kid-is-a-number",                      "rfc7515/4.1.4/kid-string",                  "The kid of a token is a number.",                                     |p| p.redraft(Access, |d| drafted::header(d, "kid", 1))),
    fault("kid-unknown",                          "rfc7515/4.1.4/kid-matches-jwks",            "The kid of a token names no key of the set.",                         |p| p.redraft(Access, |d| drafted::header(d, "kid", "key-of-last-year"))),
    fault("logins-not-throttled",             "rfc6749/4.3.2/brute-force",                 "A password can be guessed at without end.",                      |p| p.logins_throttled = false),
    fault("metadata-auth-methods-missing",        "rfc8414/2/auth-methods-agree",              "The metadata do not say that there is more than Basic.",              |p| p.alter_at(METADATA, |r| r.remove("token_endpoint_auth_methods_supported"))),
    fault("metadata-endpoint-elsewhere",          "rfc8414/2/token-endpoint",                  "The metadata say that the token endpoint is somewhere else.",         |p| p.alter_at(METADATA, |r| elsewhere::elsewhere(r, "token_endpoint"))),
    fault("metadata-grants-as-text",              "rfc8414/3.2/lists-as-arrays",               "The metadata list the grants in one string.",                         |p| p.alter_at(METADATA, |r| elsewhere::list_as_text(r, "grant_types_supported"))),
    fault("metadata-hide-a-grant",                "rfc8414/2/grant-types-agree",               "The metadata do not list the password grant, which works.",           |p| p.alter_at(METADATA, |r| elsewhere::unlist(r, "grant_types_supported", "password"))),
    fault("metadata-is-html",                     "rfc8414/3.2/json-200",                      "The metadata are a page for people.",                                 |p| p.alter_at(&[Metadata], |r| elsewhere::page(r, "text/html", "<!doctype html><title>Metadata</title>"))),
    fault("metadata-issuer-differs",              "rfc8414/3.3/issuer-identical",              "The metadata name another issuer.",                                   |p| p.alter_at(&[Metadata], |r| r.insert("issuer", "https://issuer.example"))),
    fault("metadata-issuer-with-query",           "rfc8414/2/issuer",                          "The issuer of the metadata has a query.",                             |p| p.alter_at(&[Metadata], |r| if let Some(Value::String(issuer)) = r.member("issuer") { issuer.push_str("?v=2") })),
    fault("metadata-kinds-differ",                "rfc9068/4/metadata-consistent",             "The two kinds of metadata name different token endpoints.",           |p| p.alter_at(&[OpenidMetadata], |r| elsewhere::elsewhere(r, "token_endpoint"))),
    fault("metadata-lies-about-grants",           "rfc8414/2/grant-types-agree",               "The metadata list a grant that nobody can have.",                     |p| p.alter_at(METADATA, |r| elsewhere::list(r, "grant_types_supported", "urn:ietf:params:oauth:grant-type:jwt-bearer"))),
    fault("metadata-revocation-auth-missing",     "rfc8414/2/revocation-auth-agree",           "The metadata do not say that public clients can revoke.",             |p| p.alter_at(METADATA, |r| r.remove("revocation_endpoint_auth_methods_supported"))),
    fault("metadata-signed-assertions-unexplained", "rfc8414/2/auth-signing-algs",               "The metadata list private_key_jwt and no algorithm for it.",          |p| p.alter_at(METADATA, |r| elsewhere::list(r, "token_endpoint_auth_methods_supported", "private_key_jwt"))),
    fault("metadata-with-empty-list",             "rfc8414/3.2/no-empty-lists",                "The metadata have a member without a value.",                         |p| p.alter_at(METADATA, |r| r.insert("ui_locales_supported", json!([])))),
    fault("metadata-without-jwks-uri",            "rfc9068/4/keys-published",                  "The metadata do not say where the keys are.",                         |p| p.alter_at(METADATA, |r| r.remove("jwks_uri"))),
    fault("metadata-without-response-types",      "rfc8414/2/response-types-supported",        "The metadata have no response_types_supported.",                      |p| p.alter_at(METADATA, |r| r.remove("response_types_supported"))),
    fault("metadata-without-scopes",              "rfc8414/2/scopes-supported",                "The metadata list no scope.",                                         |p| p.alter_at(METADATA, |r| r.remove("scopes_supported"))),
    fault("nbf-as-string",                        "rfc7519/4.1.5/nbf-numeric",                 "nbf is a string.",                                                    |p| p.redraft(Access, |d| d.set("nbf", "now"))),
    fault("openid-metadata-hide-the-algorithm",   "oidc-discovery/3/id-token-algs",            "The OpenID metadata do not list the algorithm of ID tokens.",         |p| p.alter_at(&[OpenidMetadata], |r| elsewhere::unlist(r, "id_token_signing_alg_values_supported", "EdDSA"))),
    fault("openid-metadata-is-html",              "oidc-discovery/4.2/json-200",               "The OpenID metadata are a page for people.",                          |p| p.alter_at(&[OpenidMetadata], |r| elsewhere::page(r, "text/html", "<!doctype html><title>Metadata</title>"))),
    fault("openid-metadata-issuer-differs",       "oidc-discovery/4.3/issuer-identical",       "The OpenID metadata name another issuer.",                            |p| p.alter_at(&[OpenidMetadata], |r| r.insert("issuer", "https://issuer.example"))),
    fault("openid-metadata-with-empty-list",      "oidc-discovery/4.2/no-empty-lists",         "The OpenID metadata have a member without a value.",                  |p| p.alter_at(&[OpenidMetadata], |r| r.insert("ui_locales_supported", json!([])))),
    fault("openid-metadata-without-jwks-uri",     "oidc-discovery/3/jwks-uri",                 "The OpenID metadata do not say where the keys are.",                  |p| p.alter_at(&[OpenidMetadata], |r| r.remove("jwks_uri"))),
    fault("openid-metadata-without-rs256",        "oidc-discovery/3/rs256",                    "The OpenID metadata do not list RS256.",                              |p| p.alter_at(&[OpenidMetadata], |r| elsewhere::unlist(r, "id_token_signing_alg_values_supported", "RS256"))),
    fault("openid-metadata-without-subject-types", "oidc-discovery/3/subject-types",            "The OpenID metadata have no subject_types_supported.",                |p| p.alter_at(&[OpenidMetadata], |r| r.remove("subject_types_supported"))),
    fault("openid-metadata-without-token-endpoint", "oidc-discovery/3/token-endpoint",           "The OpenID metadata do not say where the token endpoint is.",         |p| p.alter_at(&[OpenidMetadata], |r| r.remove("token_endpoint"))),
    fault("openid-metadata-without-userinfo",     "oidc-discovery/3/userinfo-endpoint",        "The OpenID metadata do not say where userinfo is.",                   |p| p.alter_at(&[OpenidMetadata], |r| r.remove("userinfo_endpoint"))),
    fault("password-case-ignored",            "rfc6749/4.3.2/validate-credentials",        "Upper and lower case of a password are one.",                    |p| p.password = PasswordReading::CaseFolded),
    fault("password-cut-at-72-bytes",         "rfc6749/4.3.2/validate-credentials",        "A password counts up to its 72nd byte.",                         |p| p.password = PasswordReading::First72Bytes),
    fault("password-in-query-accepted",       "rfc6749/4.3.2/form-body",                   "Parameters are read from the URI as well.",                      |p| p.query_is_not_read = false),
    fault("password-length-is-enough",        "rfc6749/4.3.2/validate-credentials",        "Any password of the right length is right.",                     |p| p.password = PasswordReading::LengthOnly),
    fault("password-trimmed",                 "rfc6749/4.3.2/validate-credentials",        "Spaces around a password do not count.",                         |p| p.password = PasswordReading::Trimmed),
    fault("plus-not-decoded",                 "rfc6749/B/then-escaped",                    "A plus in the form stays a plus.",                               |p| p.plus = Plus::Literal),
    fault("pragma-missing",                   "rfc6749/5.1/pragma",                        "An answer has no Pragma.",                                       |p| p.alter(|r| without(r, &PRAGMA))),
    fault("refresh-for-another-client",       "rfc6749/6/issued-to-client",                "A client can use the refresh token of another.",                 |p| p.refresh_is_bound_to_client = false),
    fault("refresh-token-as-access-token-accepted", "rfc8725/3.12/kinds-told-apart",             "A refresh token opens userinfo.",                                     |p| p.refresh_token_opens_nothing = false),
    fault("refresh-token-not-revocable",          "rfc7009/2/refresh-token",                   "Refresh tokens are a kind that can't be revoked.",                    |p| p.refresh_token_revocation = Revoking::Unsupported),
    fault("refresh-token-short",                  "rfc6749/10.10/guess-2-128",                 "A refresh token has 64 random bits.",                                 |p| p.refresh_tokens = RefreshTokens::Short),
    fault("refresh-tokens-count-up",              "rfc6749/10.10/guess-2-128",                 "A refresh token is the one before and a little more.",                |p| p.refresh_tokens = RefreshTokens::CountedUp),
    fault("refresh-widens-scope",             "rfc6749/6/scope-not-wider",                 "A refresh grants scopes that the user did not.",                 |p| p.refresh_stays_within_scope = false),
    fault("repeated-parameter-accepted",      "rfc6749/5.2/invalid-request-repeated",      "Of a repeated parameter the first value counts.",                |p| p.parameters_once = false),
    fault("retry-after-missing",              "practice/throttle/429-retry-after",         "A 429 does not say when to come back.",                          |p| p.alter(|r| without(r, &RETRY_AFTER))),
    fault("revocation-answered-204",              "rfc7009/2.2/status-200",                    "A revocation is answered with 204.",                                  |p| p.alter_at(&[Revocation], |r| if r.is_issued() { r.status = StatusCode::NO_CONTENT })),
    fault("revocation-believes-hint",             "rfc7009/2.1/hint-search",                   "Revocation looks for a token where the hint says, and nowhere else.", |p| p.revocation_hints = Hints::Believed),
    fault("revocation-error-as-text",             "rfc7009/2.2.1/error-form",                  "A revocation is refused in plain text.",                              |p| p.alter_at(&[Revocation], elsewhere::error_as_text)),
    fault("revocation-leaves-access-tokens",      "rfc7009/2.1/access-tokens-of-grant",        "The access tokens of a revoked refresh token stay good.",             |p| p.access_tokens_go_with_refresh_token = false),
    fault("revocation-leaves-refresh-token",      "rfc7009/2.1/token-invalidated",             "A refresh token stays good after it was revoked.",                    |p| p.refresh_token_revocation = Revoking::Pretended),
    fault("revocation-of-foreign-token",          "rfc7009/2.1/own-client-only",               "A client can revoke the tokens of another.",                          |p| p.revocation_minds_owner = false),
    fault("revocation-token-optional",            "rfc7009/2.1/token",                         "Nothing is revoked without an error.",                                |p| p.alter_at(&[Revocation], |r| elsewhere::overlook(r, "invalid_request"))),
    fault("revocation-unknown-hint-refused",      "rfc7009/2.2/invalid-hint-ignored",          "A hint that nobody defined is an error at revocation.",               |p| p.revocation_hints = Hints::UnknownRefused),
    fault("revocation-unknown-token-error",       "rfc7009/2.2/invalid-token-200",             "To revoke a token that nobody knows is an error.",                    |p| p.unknown_tokens_count_as_revoked = false),
    fault("revocation-without-client-authentication", "rfc7009/2.1/client-authenticated",          "Everybody can revoke every token.",                                   |p| p.revocation_needs_client = false),
    fault("revoked-token-still-active",           "rfc7009/2.1/token-invalidated",             "An access token stays good after it was revoked.",                    |p| p.access_token_revocation = Revoking::Pretended),
    fault("scope-claim-as-list",                  "rfc9068/2.2.3/scope",                       "The scope claim is a list.",                                          |p| p.redraft(Access, drafted::scope_as_list)),
    fault("scope-claim-missing",                  "rfc9068/2.2.3/scope",                       "The access token has no scope claim.",                                |p| p.redraft(Access, |d| d.leave_out("scope"))),
    fault("scope-not-told",                   "rfc6749/5.1/scope-told-when-different",     "The granted scope is never told.",                               |p| p.scope_told = ScopeTold::Never),
    fault("signature-wrong",                  "rfc7515/5.2/signature-verifies",            "The access token's signature does not hold.",                    |p| p.redraft(Access, |d| d.seal = Seal::Broken)),
    fault("signature-wrong-after-refresh",        "rfc7515/5.2/signature-verifies",            "The signature of a token that a refresh brings does not hold.",       |p| p.redraft(Access, |d| drafted::after_refresh(d, |d| d.seal = Seal::Broken))),
    fault("signature-wrong-but-at-first",         "rfc7515/5.2/signature-verifies",            "Only the first token that a workspace issues has a signature that holds.", |p| p.redraft(Access, |d| if d.occasion.granted > 1 { d.seal = Seal::Broken })),
    fault("signature-wrong-for-public-clients",   "rfc7515/5.2/signature-verifies",            "The signature of a public client's token does not hold.",             |p| p.redraft(Access, |d| if d.occasion.client_is_public { d.seal = Seal::Broken })),
    fault("sub-differs-after-refresh",            "rfc9068/2.2/sub-is-owner",                  "The sub of a token that a refresh brings is another user's.",         |p| p.redraft(Access, |d| drafted::after_refresh(d, |d| d.set("sub", "user-mallory")))),
    fault("sub-is-a-number",                      "rfc7519/4.1.2/sub-string",                  "sub is a number.",                                                    |p| p.redraft(Access, |d| d.set("sub", 7))),
    fault("sub-missing",                          "rfc9068/2.2/sub",                           "The access token has no sub.",                                        |p| p.redraft(Access, |d| d.leave_out("sub"))),
    fault("sub-shared-by-users",                  "rfc7519/4.1.2/sub-unique",                  "All users have one sub.",                                             |p| { p.redraft(Access, |d| drafted::for_users(d, |d| d.set("sub", "user"))); p.redraft(Id, |d| d.set("sub", "user")) }),
    fault("token-lives-for-a-day",                "rfc6750/5.3/short-lived",                   "An access token is good for a day.",                                  |p| { p.redraft(Access, |d| drafted::reckon(d, "exp", |exp| exp + 82_800)); p.alter(|r| if let Some(lifetime) = r.member("expires_in") { *lifetime = 86_400.into() }) }),
    fault("token-type-missing",               "rfc6749/5.1/token-type",                    "A granted request's answer has no token_type.",                  |p| p.alter(|r| r.remove("token_type"))),
    fault("tokens-cross-workspaces",              "rfc6749/6/validate-token",                  "A refresh token of one workspace is good in another.",                |p| p.refresh_tokens_stay_in_workspace = false),
    fault("two-authentications-accepted",     "rfc6749/5.2/invalid-request-two-methods",   "A client may authenticate by header and body at once.",          |p| p.one_client_authentication = false),
    fault("typ-jwt",                              "rfc9068/2.1/typ",                           "The typ of an access token is that of an ID token.",                  |p| p.redraft(Access, |d| drafted::header(d, "typ", "JWT"))),
    fault("typ-missing",                          "rfc9068/2.1/typ",                           "The access token has no typ.",                                        |p| p.redraft(Access, |d| drop(d.header.shift_remove("typ")))),
    fault("unknown-parameter-refused",        "rfc6749/3.2/unknown-ignored",               "A parameter that the server does not know is an error.",         |p| p.unknown_parameters_ignored = false),
    fault("unknown-refresh-token-called-invalid-request", "rfc6749/5.2/invalid-grant",     "A refresh token that is not good is refused with invalid_request.", |p| p.bad_refresh_token = BadRefreshToken::InvalidRequest),
    fault("unknown-scope-granted",            "rfc6749/5.2/invalid-scope",                 "Any scope can be had for the asking.",                           |p| p.foreign_scope = ForeignScope::Granted),
    fault("unknown-user-told-apart",          "practice/enumeration/same-answer",          "An unknown user is refused in other words than a wrong password.", |p| p.users_look_alike = false),
    fault("unsupported-grant-type-called-invalid-request", "rfc6749/5.2/unsupported-grant-type", "An unknown grant type is refused with invalid_request.",   |p| p.alter(|r| rename(r, "unsupported_grant_type", "invalid_request"))),
    fault("userinfo-challenge-for-basic",         "rfc6750/3/scheme-bearer",                   "Userinfo asks for Basic instead of a bearer token.",                  |p| p.alter_at(&[Userinfo], |r| elsewhere::challenge(r, |text| text.replacen("Bearer", "Basic", 1)))),
    fault("userinfo-challenge-with-backslash",    "rfc6750/3/error-chars",                     "The challenge of userinfo holds a backslash.",                        |p| p.alter_at(&[Userinfo], |r| elsewhere::challenge(r, |text| text.replace("is not", r"is\\not")))),
    fault("userinfo-challenge-without-error",     "rfc6750/3/error-on-failure",                "Userinfo does not say what is wrong with a token.",                   |p| p.alter_at(&[Userinfo], |r| elsewhere::challenge(r, elsewhere::realm_alone))),
    fault("userinfo-challenge-without-parameters", "rfc6750/3/auth-params",                     "The challenge of userinfo is the name of its scheme.",                |p| p.alter_at(&[Userinfo], |r| elsewhere::challenge(r, |_| "Bearer".to_owned()))),
    fault("userinfo-empty-claims",                "oidc-core/5.3.2/no-null",                   "Userinfo tells null for what it does not know.",                      |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.insert("email", Value::Null) })),
    fault("userinfo-error-uri-with-spaces",       "rfc6750/3/error-uri-reference",             "error_uri in the challenge of userinfo holds spaces.",                |p| p.alter_at(&[Userinfo], |r| elsewhere::challenge(r, |text| format!(r#"{text}, error_uri="see the manual""#)))),
    fault("userinfo-error-without-token",         "rfc6750/3.1/no-error-without-token",        "Userinfo tells who sent no token that the token is wrong.",           |p| p.alter_at(&[Userinfo], elsewhere::error_without_token)),
    fault("userinfo-expired-accepted",            "rfc6750/3.1/invalid-token",                 "A token that has expired opens userinfo.",                            |p| p.userinfo_minds.expiry = false),
    fault("userinfo-expired-called-token-expired", "rfc6750/3.1/invalid-token",                 "A token that is not good is refused with token_expired.",             |p| p.alter_at(&[Userinfo], |r| { elsewhere::challenge(r, |text| text.replace("invalid_token", "token_expired")); rename(r, "invalid_token", "token_expired") })),
    fault("userinfo-get-only",                    "oidc-core/5.3/get-and-post",                "Userinfo does not take POST.",                                        |p| p.userinfo_takes_post = false),
    fault("userinfo-insufficient-scope-401",      "rfc6750/3.1/insufficient-scope-403",        "A token without openid is refused with 401.",                         |p| p.alter_at(&[Userinfo], |r| elsewhere::status(r, "insufficient_scope", StatusCode::UNAUTHORIZED))),
    fault("userinfo-invalid-token-400",           "rfc6750/3.1/invalid-token-401",             "A token that is not good is refused with 400.",                       |p| p.alter_at(&[Userinfo], |r| elsewhere::status(r, "invalid_token", StatusCode::BAD_REQUEST))),
    fault("userinfo-is-plain-text",               "oidc-core/5.3.2/media-type",                "Userinfo calls its JSON plain text.",                                 |p| p.alter_at(&[Userinfo], |r| header(r, &CONTENT_TYPE, "text/plain"))),
    fault("userinfo-other-workspace-accepted",    "rfc6750/3.1/invalid-token",                 "A token of another workspace opens userinfo.",                        |p| p.userinfo_minds.issuer = false),
    fault("userinfo-realm-twice",                 "rfc6750/3/param-once",                      "The challenge of userinfo has two realms.",                           |p| p.alter_at(&[Userinfo], |r| elsewhere::challenge(r, |text| text.replacen("realm=", r#"realm="userinfo", realm="#, 1)))),
    fault("userinfo-revoked-accepted",            "rfc6750/3.1/invalid-token",                 "A token that was revoked opens userinfo.",                            |p| p.userinfo_minds.revocation = false),
    fault("userinfo-scope-unchecked",             "rfc6750/3.1/insufficient-scope",            "A token without openid opens userinfo.",                              |p| p.userinfo_minds_scope = false),
    fault("userinfo-scope-with-two-spaces",       "rfc6750/3/scope-chars",                     "scope in the challenge of userinfo has two spaces in a row.",         |p| p.alter_at(&[Userinfo], |r| elsewhere::challenge(r, |text| text.replace(r#"scope="openid""#, r#"scope="openid  profile""#)))),
    fault("userinfo-signature-unchecked",         "rfc8725/3.3/signature-validated",           "A token whose signature fails opens userinfo.",                       |p| p.userinfo_minds.signature = false),
    fault("userinfo-sub-differs",                 "oidc-core/5.3.2/sub-same",                  "The sub of userinfo is not that of the ID token.",                    |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.insert("sub", "alice@example.com") })),
    fault("userinfo-sub-missing",                 "oidc-core/5.3.2/sub",                       "Userinfo has no sub.",                                                |p| p.alter_at(&[Userinfo], |r| { r.remove("sub"); if r.is_issued() { r.insert("name", "Alice") } })),
    fault("userinfo-token-in-query-accepted",     "oauth-v2-1/5.1/query-ignored",              "A token in the URI opens userinfo.",                                  |p| p.userinfo_ignores_query = false),
    fault("userinfo-two-tokens-accepted",         "rfc6750/3.1/invalid-request-400",           "Of two tokens in one request the first counts.",                      |p| p.userinfo_takes_one_token = false),
    fault("userinfo-verified-as-string",          "oidc-core/5.1/booleans",                    "Userinfo tells email_verified as a string.",                          |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.insert("email_verified", "true") })),
    fault("userinfo-without-challenge",           "rfc6750/3/challenge",                       "Userinfo refuses without a challenge.",                               |p| p.alter_at(&[Userinfo], |r| without(r, &WWW_AUTHENTICATE))),
    fault("username-trimmed",                 "practice/credentials/username-exact",       "Spaces around a user name do not count.",                        |p| p.username_is_exact = false),
    fault("utf8-password-crashes",            "rfc6749/4.3.2/utf-8",                       "A character outside ASCII in a password brings a 500.",          |p| p.crash = Crash::BeyondAscii),
    fault("workspaces-share-users",               "rfc6749/4.3.2/validate-credentials",        "A user of one workspace can log in at another.",                      |p| p.users_stay_in_workspace = false),
];

/// Both kinds of metadata.
const METADATA: &[Endpoint] = &[Metadata, OpenidMetadata];

const fn fault(id: &'static str, breaks: &'static str, says: &'static str, how: fn(&mut Policy)) -> Fault {
    Fault { id, breaks, says, how }
}

fn without(reply: &mut Reply, header: &HeaderName) {
    reply.headers.remove(header);
}

fn header(reply: &mut Reply, header: &HeaderName, value: &'static str) {
    reply.headers.insert(header, HeaderValue::from_static(value));
}

fn rename(reply: &mut Reply, from: &str, to: &str) {
    if reply.error() == Some(from) {
        reply.insert("error", to);
    }
}

/// A fault only where the client used the header: any other may be answered 400 as well.
fn basic_client_refused_400(reply: &mut Reply) {
    if reply.error() == Some("invalid_client") {
        reply.status = StatusCode::BAD_REQUEST;
        without(reply, &WWW_AUTHENTICATE);
    }
}

fn description_with_quotes(reply: &mut Reply) {
    if reply.error().is_some() {
        reply.insert("error_description", r#"the request is "wrong""#);
    }
}

fn error_page_is_html(reply: &mut Reply) {
    if !reply.is_issued() {
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        reply.content = Content::Page("<!doctype html><title>Error</title><h1>Something went wrong</h1>");
    }
}

fn expires_in_as_string(reply: &mut Reply) {
    if let Some(member) = reply.member("expires_in") {
        *member = Value::String(member.to_string());
    }
}

fn expires_in_milliseconds(reply: &mut Reply) {
    if let Some(member) = reply.member("expires_in")
        && let Some(seconds) = member.as_u64()
    {
        *member = seconds.saturating_mul(1000).into();
    }
}

fn invalid_grant_answered_401(reply: &mut Reply) {
    if reply.error() == Some("invalid_grant") && reply.status == StatusCode::BAD_REQUEST {
        reply.status = StatusCode::UNAUTHORIZED;
        let challenge = HeaderValue::from_static(r#"Basic realm="token endpoint""#);
        reply.headers.insert(WWW_AUTHENTICATE, challenge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_says_something() {
        assert!(FAULTS.is_sorted_by(|a, b| a.id < b.id));
        for fault in FAULTS {
            assert_eq!(fault.breaks.split('/').count(), 3, "{}", fault.id);
            assert!(fault.says.ends_with('.'), "{}", fault.id);
        }
    }
}
