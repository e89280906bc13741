//! Lints: checks that run on every answer of their endpoints, in every kind of run.
//!
//! A lint stands under its own sentence and turns no scenario red: it is told once, with count, share and examples.

mod jwt;
mod key_set;
mod services;
mod tally;

pub(crate) use jwt::{AT_JWT, typ_is};
pub(crate) use tally::EXAMPLES;
pub use tally::Tally;

use ropcheck_reports::record::{Finding, Flaw, Part};
use url::Url;

use crate::check::challenge::{Challenge, challenges};
use crate::check::error_codes::ERROR_CODES;
use crate::check::{grammar, pair};
use crate::exchange::{Answer, Way, shortened};
use crate::json::{self, Repeated, Type};
use crate::scenario::Endpoint;

/// A check that runs on every answer of its endpoints.
pub struct Lint {
    /// Its name: `lint/name` is its case.
    pub name: &'static str,
    /// The sentence that it holds answers against.
    pub requirement: &'static str,
    /// The endpoints whose answers it looks at.
    pub at: &'static [Endpoint],
    /// What of an answer it looks at.
    sees: Sees,
    /// `None` where the sentence does not speak of such an answer.
    look: fn(&Answer, &http::Method) -> Option<Finding>,
}

/// What of an answer a lint looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sees {
    /// Status, headers and body, tokens and date aside. Many answers are the same in that, and looked at once.
    Text,
    /// Tokens or the date, which differ from answer to answer.
    Fresh,
}

use Sees::{Fresh, Text};

/// The token endpoint alone.
const TOKEN: &[Endpoint] = &[Endpoint::Token];

/// The key set alone.
const JWKS: &[Endpoint] = &[Endpoint::Jwks];

/// What the server tells of itself.
const METADATA: &[Endpoint] = &[Endpoint::Metadata, Endpoint::OpenidMetadata];

/// The authorization server's metadata alone, and OpenID's.
const RFC8414: &[Endpoint] = &[Endpoint::Metadata];
const OPENID: &[Endpoint] = &[Endpoint::OpenidMetadata];

/// Where a resource server asks what a token is worth.
const ASKED: &[Endpoint] = &[Endpoint::Introspection];

/// Where a client gives a token back.
const REVOKED: &[Endpoint] = &[Endpoint::Revocation];

/// The endpoint that an access token opens.
const USERINFO: &[Endpoint] = &[Endpoint::Userinfo];

/// Where somebody has to say who they are.
const GUARDED: &[Endpoint] = &[Endpoint::Token, Endpoint::Introspection, Endpoint::Revocation, Endpoint::Userinfo];

/// All of them.
const ALL: &[Endpoint] = &[
    Endpoint::Token,
    Endpoint::Metadata,
    Endpoint::OpenidMetadata,
    Endpoint::Jwks,
    Endpoint::Introspection,
    Endpoint::Revocation,
    Endpoint::Userinfo,
];

/// The roll call, by name.
#[rustfmt::skip]
pub const LINTS: [Lint; 113] = [
    Lint { name: "access-token-alg-not-none",   requirement: "rfc9068/2.1/alg-not-none",                at: TOKEN,      sees: Fresh, look: |a, _| jwt::header(&jwt::access_token(a), "alg", &jwt::NOT_NONE) },
    Lint { name: "access-token-chars",          requirement: "rfc6749/A.12/access-token-chars",         at: TOKEN,      sees: Fresh, look: |a, _| token_chars(granted(a)?, "access_token") },
    Lint { name: "allow",                       requirement: "rfc9110/15.5.6/allow",                    at: ALL,        sees: Text,  look: |a, m| allow(a, m) },
    Lint { name: "bearer-challenge",            requirement: "rfc6750/3/challenge",                     at: USERINFO,   sees: Text,  look: |a, _| services::bearer_challenge(a) },
    Lint { name: "bearer-error-chars",          requirement: "rfc6750/3/error-chars",                   at: USERINFO,   sees: Text,  look: |a, _| services::bearer_error_chars(a) },
    Lint { name: "bearer-error-uri",            requirement: "rfc6750/3/error-uri-reference",           at: USERINFO,   sees: Text,  look: |a, _| services::bearer_error_uri(a) },
    Lint { name: "bearer-parameter",            requirement: "rfc6750/3/auth-params",                   at: USERINFO,   sees: Text,  look: |a, _| services::bearer_parameter(a) },
    Lint { name: "bearer-parameters-once",      requirement: "rfc6750/3/param-once",                    at: USERINFO,   sees: Text,  look: |a, _| services::bearer_parameters_once(a) },
    Lint { name: "bearer-scheme",               requirement: "rfc6750/3/scheme-bearer",                 at: USERINFO,   sees: Text,  look: |a, _| services::bearer_scheme(a) },
    Lint { name: "bearer-scope-chars",          requirement: "rfc6750/3/scope-chars",                   at: USERINFO,   sees: Text,  look: |a, _| services::bearer_scope_chars(a) },
    Lint { name: "bearer-token-chars",          requirement: "rfc6750/2.1/b64token",                    at: TOKEN,      sees: Fresh, look: |a, _| services::bearer_token_chars(granted(a)?) },
    Lint { name: "challenge",                   requirement: "rfc9110/15.5.2/challenge",                at: GUARDED,    sees: Text,  look: |a, _| with_status(a, 401, "www-authenticate") },
    Lint { name: "challenge-charset",           requirement: "rfc7617/2.1/charset-utf-8",               at: GUARDED,    sees: Text,  look: |a, _| challenge_charset(a) },
    Lint { name: "challenge-form",              requirement: "rfc9110/11.6.1/challenge-form",           at: GUARDED,    sees: Text,  look: |a, _| challenge_form(a) },
    Lint { name: "challenge-param-once",        requirement: "rfc9110/11.2/param-once",                 at: GUARDED,    sees: Text,  look: |a, _| challenge_param_once(a) },
    Lint { name: "challenge-realm",             requirement: "rfc7617/2/realm",                         at: GUARDED,    sees: Text,  look: |a, _| challenge_realm(a) },
    Lint { name: "challenge-realm-quoted",      requirement: "rfc9110/11.5/realm-quoted",               at: GUARDED,    sees: Text,  look: |a, _| challenge_realm_quoted(a) },
    Lint { name: "content-type-sent",           requirement: "rfc9110/8.3/content-type-sent",           at: ALL,        sees: Text,  look: |a, _| content_type_sent(a) },
    Lint { name: "date",                        requirement: "rfc9110/6.6.1/date",                      at: ALL,        sees: Fresh, look: |a, m| date(a, m) },
    Lint { name: "date-form",                   requirement: "rfc9110/5.6.7/imf-fixdate",               at: ALL,        sees: Fresh, look: |a, _| date_form(a) },
    Lint { name: "error-chars",                 requirement: "rfc6749/5.2/error-chars",                 at: TOKEN,      sees: Text,  look: |a, _| text_chars(refused(a)?, "error") },
    Lint { name: "error-code-listed",           requirement: "rfc6749/5.2/error-code-listed",           at: TOKEN,      sees: Text,  look: |a, _| error_code(refused(a)?) },
    Lint { name: "error-description-chars",     requirement: "rfc6749/5.2/error-description-chars",     at: TOKEN,      sees: Text,  look: |a, _| text_chars(refused(a)?, "error_description") },
    Lint { name: "error-description-not-empty", requirement: "rfc6749/A.8/error-description-not-empty", at: TOKEN,      sees: Text,  look: |a, _| not_empty(refused(a)?, "error_description") },
    Lint { name: "error-json-body",             requirement: "rfc6749/5.2/json-body",                   at: TOKEN,      sees: Text,  look: |a, m| Some(json_object(refused_post(a, m)?)) },
    Lint { name: "error-media-type",            requirement: "rfc6749/5.2/media-type-json",             at: TOKEN,      sees: Text,  look: |a, m| json_type(refused_post(a, m)?) },
    Lint { name: "error-member",                requirement: "rfc6749/5.2/error-member",                at: TOKEN,      sees: Text,  look: |a, m| Some(error_member(refused_post(a, m)?)) },
    Lint { name: "error-no-store",              requirement: "practice/http/no-store-on-errors",        at: TOKEN,      sees: Text,  look: |a, m| Some(no_store(refused_post(a, m)?)) },
    Lint { name: "error-not-empty",             requirement: "rfc6749/A.7/error-not-empty",             at: TOKEN,      sees: Text,  look: |a, _| not_empty(refused(a)?, "error") },
    Lint { name: "error-status",                requirement: "rfc6749/5.2/status-400",                  at: TOKEN,      sees: Text,  look: |a, m| Some(error_status(refused_post(a, m)?)) },
    Lint { name: "error-strings",               requirement: "rfc6749/5.2/strings-as-strings",          at: TOKEN,      sees: Text,  look: |a, _| strings(refused(a)?, &ERROR_TEXTS) },
    Lint { name: "error-uri-chars",             requirement: "rfc6749/5.2/error-uri-chars",             at: TOKEN,      sees: Text,  look: |a, _| error_uri_chars(refused(a)?) },
    Lint { name: "error-uri-reference",         requirement: "rfc6749/5.2/error-uri-reference",         at: TOKEN,      sees: Text,  look: |a, _| error_uri_reference(refused(a)?) },
    Lint { name: "expires-in",                  requirement: "rfc6749/5.1/expires-in",                  at: TOKEN,      sees: Text,  look: |a, _| Some(expires_in(granted(a)?)) },
    Lint { name: "expires-in-digits",           requirement: "rfc6749/A.14/expires-in-digits",          at: TOKEN,      sees: Text,  look: |a, _| expires_in_digits(granted(a)?) },
    Lint { name: "expires-in-number",           requirement: "rfc6749/5.1/expires-in-number",           at: TOKEN,      sees: Text,  look: |a, _| expires_in_number(granted(a)?) },
    Lint { name: "field-once",                  requirement: "rfc9110/5.3/field-once",                  at: ALL,        sees: Text,  look: |a, _| Some(field_once(a)) },
    Lint { name: "id-token-alg-not-none",       requirement: "oidc-core/2/alg-not-none",                at: TOKEN,      sees: Fresh, look: |a, _| jwt::header(&jwt::id_token(a), "alg", &jwt::NOT_NONE) },
    Lint { name: "id-token-amr",                requirement: "oidc-core/2/amr",                         at: TOKEN,      sees: Fresh, look: |a, _| jwt::claim(&jwt::id_token(a), "amr", &jwt::STRINGS) },
    Lint { name: "id-token-at-hash",            requirement: "oidc-core/3.1.3.6/at-hash",               at: TOKEN,      sees: Fresh, look: |a, _| jwt::without(&jwt::id_token(a), "the access token's at_hash", |it| matches!(it, Flaw::AtHash)) },
    Lint { name: "id-token-auth-time",          requirement: "oidc-core/2/auth-time",                   at: TOKEN,      sees: Fresh, look: |a, _| jwt::claim(&jwt::id_token(a), "auth_time", &jwt::NUMBER) },
    Lint { name: "id-token-booleans",           requirement: "oidc-core/5.1/booleans",                  at: TOKEN,      sees: Fresh, look: |a, _| jwt::booleans(a) },
    Lint { name: "id-token-key-headers",        requirement: "oidc-core/2/no-key-headers",              at: TOKEN,      sees: Fresh, look: |a, _| jwt::header_lacks(&jwt::id_token(a), &["x5u", "x5c", "jku", "jwk"]) },
    Lint { name: "id-token-kid",                requirement: "oidc-core/10.1/kid",                      at: TOKEN,      sees: Fresh, look: |a, _| jwt::without(&jwt::id_token(a), "a kid", |it| matches!(it, Flaw::KeyNotNamed(_))) },
    Lint { name: "id-token-sub-length",         requirement: "oidc-core/2/sub-length",                  at: TOKEN,      sees: Fresh, look: |a, _| jwt::claim(&jwt::id_token(a), "sub", &jwt::SHORT) },
    Lint { name: "id-token-token-type",         requirement: "oidc-core/3.1.3.3/token-type-bearer",     at: TOKEN,      sees: Fresh, look: |a, _| jwt::bearer_beside_id_token(a) },
    Lint { name: "introspection-active",        requirement: "rfc7662/2.2/active",                      at: ASKED,      sees: Text,  look: |a, _| services::member_is(answered(a)?, "active", Type::Boolean) },
    Lint { name: "introspection-inactive-only", requirement: "rfc7662/2.2/inactive-only",               at: ASKED,      sees: Text,  look: |a, _| services::inactive_only(answered(a)?) },
    Lint { name: "introspection-json",          requirement: "rfc7662/2.2/json",                        at: ASKED,      sees: Text,  look: |a, _| Some(services::json_answer(answered(a)?)) },
    Lint { name: "introspection-scope",         requirement: "rfc7662/2.2/scope",                       at: ASKED,      sees: Text,  look: |a, _| services::told_scope(answered(a)?) },
    Lint { name: "introspection-times",         requirement: "rfc7662/2.2/times",                       at: ASKED,      sees: Text,  look: |a, _| services::told_times(answered(a)?) },
    Lint { name: "introspection-tls",           requirement: "rfc7662/2/https",                           at: ASKED,      sees: Fresh, look: |a, _| with_tls(a) },
    Lint { name: "jwt-alg-current",             requirement: "rfc8725/3.2/current-algorithms",          at: TOKEN,      sees: Fresh, look: |a, _| jwt::header(&jwt::all(a), "alg", &jwt::CURRENT) },
    Lint { name: "jwt-alg-not-none",            requirement: "rfc8725/3.2/no-none",                     at: TOKEN,      sees: Fresh, look: |a, _| jwt::header(&jwt::all(a), "alg", &jwt::NOT_NONE) },
    Lint { name: "jwt-aud",                     requirement: "rfc7519/4.1.3/aud-form",                  at: TOKEN,      sees: Fresh, look: |a, _| jwt::claim(&jwt::all(a), "aud", &jwt::STRING_OR_STRINGS) },
    Lint { name: "jwt-claims-unique",           requirement: "rfc7519/4/claims-unique",                 at: TOKEN,      sees: Fresh, look: |a, _| jwt::without(&jwt::all(a), "each claim once", |it| matches!(it, Flaw::Repeated { part: Part::Claims, .. })) },
    Lint { name: "jwt-compact",                 requirement: "rfc7515/7.1/compact",                     at: TOKEN,      sees: Fresh, look: |a, _| jwt::without(&jwt::all(a), "base64url without padding", |it| matches!(it, Flaw::Encoding(_))) },
    Lint { name: "jwt-ecdsa-length",            requirement: "rfc7518/3.4/ecdsa-length",                at: TOKEN,      sees: Fresh, look: |a, _| jwt::without(&jwt::all(a), "a signature of two whole numbers", |it| matches!(it, Flaw::SignatureLength { .. })) },
    Lint { name: "jwt-exp",                     requirement: "rfc7519/4.1.4/exp-numeric",               at: TOKEN,      sees: Fresh, look: |a, _| jwt::claim(&jwt::all(a), "exp", &jwt::SECONDS) },
    Lint { name: "jwt-header-unique",           requirement: "rfc7515/4/header-unique",                 at: TOKEN,      sees: Fresh, look: |a, _| jwt::without(&jwt::all(a), "each parameter of the header once", |it| matches!(it, Flaw::Repeated { part: Part::Header, .. })) },
    Lint { name: "jwt-iss",                     requirement: "rfc7519/4.1.1/iss-string",                at: TOKEN,      sees: Fresh, look: |a, _| jwt::claim(&jwt::all(a), "iss", &jwt::STRING_OR_URI) },
    Lint { name: "jwt-kid",                     requirement: "rfc7515/4.1.4/kid-string",                at: TOKEN,      sees: Fresh, look: |a, _| jwt::header(&jwt::all(a), "kid", &jwt::STRING) },
    Lint { name: "jwt-kid-known",               requirement: "rfc7515/4.1.4/kid-matches-jwks",          at: TOKEN,      sees: Fresh, look: |a, _| jwt::without(&jwt::for_others(a), "a kid of the key set", |it| matches!(it, Flaw::KeyUnknown)) },
    Lint { name: "jwt-nbf",                     requirement: "rfc7519/4.1.5/nbf-numeric",               at: TOKEN,      sees: Fresh, look: |a, _| jwt::claim(&jwt::all(a), "nbf", &jwt::NUMBER) },
    Lint { name: "jwt-sub",                     requirement: "rfc7519/4.1.2/sub-string",                at: TOKEN,      sees: Fresh, look: |a, _| jwt::claim(&jwt::all(a), "sub", &jwt::STRING_OR_URI) },
    Lint { name: "jwt-typ",                     requirement: "rfc7519/5.1/typ-upper-case",              at: TOKEN,      sees: Fresh, look: |a, _| jwt::header(&jwt::all(a), "typ", &jwt::UPPER_CASE) },
    Lint { name: "jwt-utf-8",                   requirement: "rfc8725/3.7/utf-8",                       at: TOKEN,      sees: Fresh, look: |a, _| jwt::without(&jwt::all(a), "UTF-8", |it| matches!(it, Flaw::Utf8(_))) },
    Lint { name: "key-coordinates",             requirement: "rfc7518/6.2.1/coordinate-length",         at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, key_set::coordinates) },
    Lint { name: "key-ec-members",              requirement: "rfc7518/6.2.1/ec-members",                at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, key_set::ec_members) },
    Lint { name: "key-kid",                     requirement: "rfc7517/4.5/kid-string",                  at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, key_set::kid) },
    Lint { name: "key-kids-distinct",           requirement: "rfc7517/4.5/kid-distinct",                at: JWKS,       sees: Text,  look: |a, _| key_set::kids_distinct(a) },
    Lint { name: "key-kty",                     requirement: "rfc7517/4.1/kty",                         at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, |key| Some(key_set::kty(key))) },
    Lint { name: "key-members-unique",          requirement: "rfc7517/4/members-unique",                at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, |key| Some(key_set::not_repeated(key))) },
    Lint { name: "key-public",                  requirement: "rfc7517/9.2/no-private-parts",            at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, |key| Some(key_set::public(key))) },
    Lint { name: "key-rsa-leading-zero",        requirement: "rfc7518/6.3.1/no-leading-zero",           at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, key_set::no_leading_zero) },
    Lint { name: "key-rsa-members",             requirement: "rfc7518/6.3.1/rsa-members",               at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, key_set::rsa_members) },
    Lint { name: "key-rsa-size",                requirement: "rfc7518/3.3/rsa-2048",                    at: JWKS,       sees: Text,  look: |a, _| key_set::each(a, key_set::rsa_size) },
    Lint { name: "metadata-arrays",             requirement: "rfc8414/3.2/lists-as-arrays",             at: RFC8414,    sees: Text,  look: |a, _| services::lists_as_arrays(answered(a)?) },
    Lint { name: "metadata-empty-lists",        requirement: "rfc8414/3.2/no-empty-lists",              at: RFC8414,    sees: Text,  look: |a, _| services::no_empty_lists(answered(a)?) },
    Lint { name: "metadata-https",              requirement: "oauth-v2-1/1.5/https",                    at: METADATA,   sees: Text,  look: |a, _| addresses_with_tls(granted(a)?) },
    Lint { name: "no-307",                      requirement: "rfc9700/4.12/no-307",                     at: TOKEN,      sees: Text,  look: |a, _| Some(no_307(a)) },
    Lint { name: "no-bom",                      requirement: "rfc8259/8.1/no-bom",                      at: ALL,        sees: Text,  look: |a, _| Some(no_bom(json(a)?)) },
    Lint { name: "no-echo",                     requirement: "practice/secrets/no-echo",                at: GUARDED,    sees: Text,  look: |a, _| Some(no_echo(a)) },
    Lint { name: "no-server-error",             requirement: "practice/http/no-5xx-on-bad-input",       at: GUARDED,    sees: Text,  look: |a, _| Some(no_server_error(a)) },
    Lint { name: "no-store",                    requirement: "rfc6749/5.1/no-store",                    at: TOKEN,      sees: Text,  look: |a, _| Some(no_store(granted(a)?)) },
    Lint { name: "not-repeated",                requirement: "rfc6749/3.2/answer-not-repeated",         at: TOKEN,      sees: Text,  look: |a, _| not_repeated(a) },
    Lint { name: "not-repeated-at-all",         requirement: "oauth-v2-1/3.2/extensions-not-repeated",  at: TOKEN,      sees: Text,  look: |a, _| not_repeated_at_all(a) },
    Lint { name: "one-json-text",               requirement: "rfc8259/2/one-json-text",                 at: ALL,        sees: Text,  look: |a, _| Some(one_json_text(json(a)?)) },
    Lint { name: "openid-metadata-empty-lists", requirement: "oidc-discovery/4.2/no-empty-lists",       at: OPENID,     sees: Text,  look: |a, _| services::no_empty_lists(answered(a)?) },
    Lint { name: "param-name-chars",            requirement: "rfc6749/A.18/param-name-chars",           at: TOKEN,      sees: Text,  look: |a, _| param_name_chars(a) },
    Lint { name: "pragma",                      requirement: "rfc6749/5.1/pragma",                      at: TOKEN,      sees: Text,  look: |a, _| Some(includes(granted(a)?, "pragma", "no-cache")) },
    Lint { name: "refresh-token-chars",         requirement: "rfc6749/A.17/refresh-token-chars",        at: TOKEN,      sees: Fresh, look: |a, _| token_chars(granted(a)?, "refresh_token") },
    Lint { name: "retry-after-form",            requirement: "rfc9110/10.2.3/retry-after-form",         at: ALL,        sees: Text,  look: |a, _| retry_after_form(a) },
    Lint { name: "revocation-error-form",       requirement: "rfc7009/2.2.1/error-form",                at: REVOKED,    sees: Text,  look: |a, m| Some(services::error_form(refused_post(a, m)?)) },
    Lint { name: "revocation-tls",              requirement: "rfc7009/2/https",                           at: REVOKED,    sees: Fresh, look: |a, _| with_tls(a) },
    Lint { name: "scope-chars",                 requirement: "rfc6749/3.3/scope-chars",                 at: TOKEN,      sees: Text,  look: |a, _| scope_chars(granted(a)?) },
    Lint { name: "short-lived",                 requirement: "rfc6750/5.3/short-lived",                 at: TOKEN,      sees: Fresh, look: |a, _| services::short_lived(granted(a)?) },
    Lint { name: "success-media-type",          requirement: "rfc6749/5.1/media-type-json",             at: TOKEN,      sees: Text,  look: |a, _| json_type(granted(a)?) },
    Lint { name: "success-status",              requirement: "rfc6749/5.1/status-200",                  at: TOKEN,      sees: Text,  look: |a, _| Some(success_status(granted(a)?)) },
    Lint { name: "success-strings",             requirement: "rfc6749/5.1/strings-as-strings",          at: TOKEN,      sees: Text,  look: |a, _| strings(granted(a)?, &GRANT_TEXTS) },
    Lint { name: "tls",                         requirement: "rfc6749/3.2/tls",                           at: TOKEN,      sees: Fresh, look: |a, _| with_tls(a) },
    Lint { name: "token-type",                  requirement: "rfc6749/5.1/token-type",                  at: TOKEN,      sees: Text,  look: |a, _| Some(token_type(granted(a)?)) },
    Lint { name: "token-type-chars",            requirement: "rfc6749/A.13/token-type-chars",           at: TOKEN,      sees: Text,  look: |a, _| token_type_chars(granted(a)?) },
    Lint { name: "token-type-registered",       requirement: "rfc6749/8.1/type-registered",             at: TOKEN,      sees: Text,  look: |a, _| token_type_registered(granted(a)?) },
    Lint { name: "too-many-requests-explained", requirement: "rfc6585/4/details",                       at: GUARDED,    sees: Text,  look: |a, _| too_many_requests_explained(a) },
    Lint { name: "top-level",                   requirement: "rfc6749/5.1/top-level",                   at: TOKEN,      sees: Text,  look: |a, _| Some(top_level(granted(a)?)) },
    Lint { name: "unique-names",                requirement: "rfc8259/4/unique-names",                  at: ALL,        sees: Text,  look: |a, _| unique_names(a) },
    Lint { name: "userinfo-booleans",           requirement: "oidc-core/5.1/booleans",                  at: USERINFO,   sees: Text,  look: |a, _| services::claimed_booleans(answered(a)?) },
    Lint { name: "userinfo-json",               requirement: "oidc-core/5.3.2/json",                    at: USERINFO,   sees: Text,  look: |a, m| Some(json_object(services::claims(a, m)?)) },
    Lint { name: "userinfo-media-type",         requirement: "oidc-core/5.3.2/media-type",              at: USERINFO,   sees: Text,  look: |a, m| json_type(services::claims(a, m)?) },
    Lint { name: "userinfo-no-null",            requirement: "oidc-core/5.3.2/no-null",                 at: USERINFO,   sees: Text,  look: |a, m| services::no_empty_claims(services::claims(a, m)?) },
    Lint { name: "userinfo-sub",                requirement: "oidc-core/5.3.2/sub",                     at: USERINFO,   sees: Text,  look: |a, m| services::member_is(services::claims(a, m)?, "sub", Type::String) },
    Lint { name: "utf-8",                       requirement: "rfc8259/8.1/utf-8",                       at: ALL,        sees: Text,  look: |a, _| Some(utf_8(json(a)?)) },
];

/// An answer that grants.
fn granted(answer: &Answer) -> Option<&Answer> {
    answer.grants().then_some(answer)
}

/// An answer with status 200.
fn answered(answer: &Answer) -> Option<&Answer> {
    (answer.status == 200).then_some(answer)
}

/// An answer that refuses what the OAuth layer read: not the server's own failure, not another resource.
fn refused(answer: &Answer) -> Option<&Answer> {
    (!answer.grants() && (400..500).contains(&answer.status) && !matches!(answer.status, 404 | 405)).then_some(answer)
}

/// The same, of a `POST`: a refusal of another method is HTTP's and not RFC 6749's.
fn refused_post<'a>(answer: &'a Answer, method: &http::Method) -> Option<&'a Answer> {
    refused(answer).filter(|_| method == http::Method::POST)
}

/// A 405 says that its own method is none of those that are allowed (RFC 9110 section 15.5.6).
fn allow(answer: &Answer, method: &http::Method) -> Option<Finding> {
    let value = answer.header("allow");
    let names_it = || value.iter().flat_map(|value| value.split(',')).any(|one| one.trim() == method.as_str());
    let finding = with_status(answer, 405, "allow")?;
    // A 405 to OPTIONS that names OPTIONS contradicts itself and harms nobody.
    if finding != Finding::Met || method == http::Method::OPTIONS || !names_it() {
        return Some(finding);
    }
    let expected = format!("an allow header with the methods that are allowed, and not {method}");
    Some(pair(false, || expected, || format!("status 405, allow: {}", value.as_deref().unwrap_or_default())))
}

/// A header that an answer of that status has to carry.
fn with_status(answer: &Answer, status: u16, name: &str) -> Option<Finding> {
    let there = answer.headers.contains_key(name);
    (answer.status == status)
        .then(|| pair(there, || format!("a {name} header"), || format!("status {status} without one")))
}

fn success_status(answer: &Answer) -> Finding {
    pair(answer.status == 200, || "status 200", || format!("status {}", answer.status))
}

/// Statuses that other documents give a refusal: not that way, without a length, too large, not that media type, not as expected,
/// too often (RFC 9110 section 15, RFC 6585 section 4). A server's own failure is another sentence's matter.
fn error_status(answer: &Answer) -> Finding {
    let status = answer.status;
    pair(
        matches!(status, 400 | 401 | 406 | 411 | 413 | 415 | 417 | 429),
        || "status 400, or 401 for a client that failed to authenticate",
        || format!("status {status}"),
    )
}

fn token_chars(answer: &Answer, member: &str) -> Option<Finding> {
    let token = answer.token(member)?;
    Some(pair(
        token.visible_ascii,
        || format!("`{member}` of printable ASCII"),
        || format!("`{member}` with other characters"),
    ))
}

fn no_echo(answer: &Answer) -> Finding {
    pair(
        answer.echoes.is_empty(),
        || "no password, client secret or earlier token in the answer",
        || format!("the answer holds {}", answer.echoes.join(", ")),
    )
}

fn no_server_error(answer: &Answer) -> Finding {
    pair(
        answer.status < 500 || answer.status == 503,
        || "no 5xx: the server could read the request and refuse it",
        || answer.in_few_words(),
    )
}

/// The texts among the members that RFC 6749 defines for a granted request (section 5.1).
const GRANT_TEXTS: [&str; 4] = ["access_token", "token_type", "refresh_token", "scope"];

/// The members that it defines for a refusal, all of them texts (section 5.2).
const ERROR_TEXTS: [&str; 3] = ["error", "error_description", "error_uri"];

/// Whether RFC 6749 defines a member of that name, and so binds how often it comes: erratum 5708 spares all others.
fn is_defined(name: &str) -> bool {
    GRANT_TEXTS.contains(&name) || ERROR_TEXTS.contains(&name) || name == "expires_in"
}

fn not_repeated(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok()?;
    let repeated = members.names().find(|name| is_defined(name) && members.repeats(name));
    Some(pair(
        repeated.is_none(),
        || "each member of RFC 6749 once",
        || format!("`{}` comes more than once", repeated.unwrap_or_default()),
    ))
}

/// OAuth 2.1 binds the parameters of extensions too.
fn not_repeated_at_all(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok()?;
    let repeated = members.names().find(|name| members.repeats(name));
    Some(pair(
        repeated.is_none(),
        || "each member once",
        || format!("`{}` comes more than once", repeated.unwrap_or_default()),
    ))
}

/// The names of any object in a JSON answer, but for those that [`not_repeated`] looks at.
fn unique_names(answer: &Answer) -> Option<Finding> {
    let elsewhere = |one: &Repeated| answer.from != Endpoint::Token || one.depth > 0 || !is_defined(&one.name);
    let repeated = json::repeated(&json(answer)?.body).into_iter().find(elsewhere);
    Some(pair(
        repeated.is_none(),
        || "each name of an object once",
        || format!("`{}` comes more than once in one object", repeated.map(|one| one.name).unwrap_or_default()),
    ))
}

fn param_name_chars(answer: &Answer) -> Option<Finding> {
    let wrong = answer.members().ok()?.names().find(|name| !grammar::is_name(name));
    Some(pair(
        wrong.is_none(),
        || "names of letters, digits, dash, dot and underscore",
        || format!("a member `{}`", shortened(wrong.unwrap_or_default())),
    ))
}

/// A token anywhere else is a token that no client finds (RFC 6749 section 5.1).
fn top_level(answer: &Answer) -> Finding {
    let told = answer.members().map(|members| members.raw("access_token").is_some());
    pair(
        told.as_ref().is_ok_and(|there| *there),
        || "one JSON object with `access_token` at its highest level",
        || match told {
            Ok(_) => "`access_token` is further down".to_owned(),
            Err(why) => why.to_string(),
        },
    )
}

/// Those of the members that are there are texts.
fn strings(answer: &Answer, texts: &[&str]) -> Option<Finding> {
    let members = answer.members().ok()?;
    let kinds = || texts.iter().filter_map(|name| Some((name, Type::of(members.raw(name)?))));
    kinds().next()?;
    let wrong = kinds().find(|(_, kind)| !kind.is(Type::String));
    Some(pair(
        wrong.is_none(),
        || "texts as JSON strings",
        || wrong.map(|(name, kind)| format!("`{name}` is {}", kind.name())).unwrap_or_default(),
    ))
}

fn not_empty(answer: &Answer, member: &str) -> Option<Finding> {
    let text = answer.members().ok()?.text(member)?;
    Some(pair(!text.is_empty(), || format!("`{member}` of one character at least"), || format!("`{member}` is empty")))
}

/// `type-name / URI-reference` (RFC 6749 appendix A.13). That it is missing or empty is another sentence's matter.
fn token_type_chars(answer: &Answer) -> Option<Finding> {
    let told = answer.members().ok()?.text("token_type").filter(|told| !told.is_empty())?;
    Some(pair(
        grammar::is_name(&told) || grammar::is_uri_reference(&told),
        || "`token_type` is a name or a URI",
        || format!("`token_type` is {:?}", shortened(&told)),
    ))
}

/// The token types that are registered (RFC 6749 section 11.1): by RFC 6750, RFC 8693, RFC 9200 and RFC 9449.
const TOKEN_TYPES: [&str; 4] = ["Bearer", "N_A", "PoP", "DPoP"];

fn token_type_registered(answer: &Answer) -> Option<Finding> {
    let told = answer.members().ok()?.text("token_type").filter(|told| grammar::is_name(told) || told.contains(':'))?;
    Some(pair(
        TOKEN_TYPES.iter().any(|known| known.eq_ignore_ascii_case(&told)) || grammar::is_absolute_uri(&told),
        || "a registered `token_type`, or one named by a URI",
        || format!("`token_type` is {:?}", shortened(&told)),
    ))
}

/// Digits, whether or not in quotes: that it is a number is another sentence's matter.
fn expires_in_digits(answer: &Answer) -> Option<Finding> {
    let raw = answer.members().ok()?.raw("expires_in")?;
    let digits = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    Some(pair(
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
        || "`expires_in` in decimal digits alone",
        || format!("`expires_in` is {}", shortened(raw)),
    ))
}

fn error_uri_reference(answer: &Answer) -> Option<Finding> {
    let text = without_marks(&answer.members().ok()?.text("error_uri")?);
    Some(pair(
        !text.is_empty() && grammar::is_uri_reference(&text),
        || "`error_uri` is a URI reference",
        || format!("`error_uri` is {:?}", shortened(&text)),
    ))
}

/// A 429 explains itself (RFC 6585 section 4).
fn too_many_requests_explained(answer: &Answer) -> Option<Finding> {
    (answer.status == 429).then(|| pair(!answer.body.is_empty(), || "a body that explains", || "no body".to_owned()))
}

fn content_type_sent(answer: &Answer) -> Option<Finding> {
    let there = answer.headers.contains_key("content-type");
    (!answer.body.is_empty()).then(|| pair(there, || "a content-type", || "a body without one".to_owned()))
}

/// Who can count a token's lifetime has a clock, so that only a server's own failure may come without a date. A method that
/// HTTP does not know may be refused by whatever reads HTTP, before there is a server to speak of.
fn date(answer: &Answer, method: &http::Method) -> Option<Finding> {
    let there = answer.headers.contains_key("date");
    let status = answer.status;
    let is_known = matches!(*method, http::Method::GET | http::Method::HEAD | http::Method::POST);
    (is_known && (200..500).contains(&status))
        .then(|| pair(there, || "a date header", || format!("status {status} without one")))
}

fn date_form(answer: &Answer) -> Option<Finding> {
    // An Expires that is no date at all, such as 0, is an old way to say "over" (RFC 9111 section 5.3).
    let is_date = |value: &str| value.starts_with(|c: char| c.is_ascii_alphabetic());
    let told = |name: &'static str| Some((name, answer.header(name)?));
    let or_not = ["expires", "retry-after"].into_iter().filter_map(told).filter(|(_, value)| is_date(value));
    let mut dates = ["date", "last-modified"].into_iter().filter_map(told).chain(or_not).peekable();
    dates.peek()?;
    // Of a field that comes twice each value is looked at; that it does is another sentence's matter.
    let wrong = dates.find(|(name, _)| {
        answer.headers.get_all(*name).iter().any(|value| !value.to_str().is_ok_and(grammar::is_imf_fixdate))
    });
    Some(pair(
        wrong.is_none(),
        || "dates like Sun, 06 Nov 1994 08:49:37 GMT",
        || wrong.map(|(name, value)| format!("{name}: {}", shortened(&value))).unwrap_or_default(),
    ))
}

fn retry_after_form(answer: &Answer) -> Option<Finding> {
    let value = answer.header("retry-after")?;
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    Some(pair(
        digits || grammar::is_imf_fixdate(&value),
        || "retry-after in whole seconds, or a date",
        || format!("retry-after: {}", shortened(&value)),
    ))
}

/// Fields that hold one value and no list (RFC 9110 and RFC 9111).
const SINGLE: [&str; 10] = [
    "age",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "location",
    "retry-after",
];

fn field_once(answer: &Answer) -> Finding {
    let twice = SINGLE.into_iter().find(|name| answer.headers.get_all(*name).iter().nth(1).is_some());
    pair(
        twice.is_none(),
        || "each field once that is no list",
        || format!("{} comes more than once", twice.unwrap_or_default()),
    )
}

/// Whether an answer came by TLS. One from this machine is exempt: what never leaves it needs none.
fn with_tls(answer: &Answer) -> Option<Finding> {
    let finding = |holds| Some(pair(holds, || "an https address", || "an http address of another machine".to_owned()));
    match answer.way {
        Way::Loopback => None,
        Way::Tls => finding(true),
        Way::Clear => finding(false),
    }
}

/// The addresses of an authorization server in its metadata (RFC 8414 section 2). Where one is of this machine and exempt,
/// that all the others have TLS proves nothing.
fn addresses_with_tls(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok()?;
    let is_address = |name: &str| name == "issuer" || name.ends_with("_endpoint") || name.ends_with("_uri");
    let way = |name: &str| Some(Way::of(&Url::parse(&members.text(name)?).ok()?));
    let ways = || members.names().filter(|name| is_address(name)).filter_map(|name| Some((name, way(name)?)));
    let wrong = ways().find(|(_, way)| *way == Way::Clear).map(|(name, _)| name);
    (wrong.is_some() || !ways().any(|(_, way)| way == Way::Loopback)).then(|| {
        pair(
            wrong.is_none(),
            || "https in every address",
            || format!("`{}` is an http address", wrong.unwrap_or_default()),
        )
    })
}

/// 308 keeps method and body just as 307 does (RFC 9110 section 15.4.9).
fn no_307(answer: &Answer) -> Finding {
    let status = answer.status;
    pair(!matches!(status, 307 | 308), || "no redirection that repeats the request", || format!("status {status}"))
}

fn token_type(answer: &Answer) -> Finding {
    let told = answer.members().ok().and_then(|members| members.text("token_type"));
    pair(told.is_some_and(|told| !told.is_empty()), || "a `token_type`", || "no `token_type` that is a text".to_owned())
}

/// The text without the marks that stand where a secret stood: they are ropcheck's, and that they are there is told by
/// another sentence.
fn without_marks(text: &str) -> String {
    let mut parts = text.split('⟦');
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |whole, part| whole + part.split_once('⟧').map_or(part, |(_, after)| after))
}

fn expires_in(answer: &Answer) -> Finding {
    let there = answer.members().is_ok_and(|members| members.raw("expires_in").is_some());
    pair(there, || "a member `expires_in`", || "no `expires_in`".to_owned())
}

fn includes(answer: &Answer, name: &str, item: &str) -> Finding {
    let value = answer.header(name);
    let holds = value.as_deref().is_some_and(|value| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(item)));
    pair(
        holds,
        || format!("{name} includes {item}"),
        || value.map_or_else(|| format!("no {name}"), |value| format!("{name}: {}", shortened(&value))),
    )
}

fn no_store(answer: &Answer) -> Finding {
    includes(answer, "cache-control", "no-store")
}

fn json_type(answer: &Answer) -> Option<Finding> {
    let actual = answer.media_type();
    // What has no body needs no media type; that the body is missing is another sentence's matter.
    if answer.body.is_empty() && actual.is_none() {
        return None;
    }
    Some(pair(
        actual.as_deref() == Some("application/json"),
        || "content-type application/json",
        || match actual {
            Some(actual) => format!("content-type {}", shortened(&actual)),
            None => "no content-type".to_owned(),
        },
    ))
}

fn json_object(answer: &Answer) -> Finding {
    let why = answer.members().err().map(ToString::to_string);
    pair(why.is_none(), || "one JSON object", || format!("status {}: {}", answer.status, why.unwrap_or_default()))
}

fn error_member(answer: &Answer) -> Finding {
    pair(answer.error().is_some(), || "an `error` member that is a text", || answer.in_few_words())
}

fn error_code(answer: &Answer) -> Option<Finding> {
    let error = answer.error().filter(|error| !error.is_empty())?;
    Some(pair(
        ERROR_CODES.contains(&error.as_str()),
        || "an error code that RFC 6749 or an extension of it defines",
        || format!("error `{}`", shortened(&error)),
    ))
}

/// `%x20-21 / %x23-5B / %x5D-7E` (RFC 6749 section 5.2): ASCII without quote and backslash.
fn text_chars(answer: &Answer, member: &str) -> Option<Finding> {
    let text = without_marks(&answer.members().ok()?.text(member)?);
    let wrong = text.chars().find(|c| !(' '..='~').contains(c) || matches!(c, '"' | '\\'));
    Some(pair(
        wrong.is_none(),
        || format!("`{member}` without quote, backslash or anything outside of printable ASCII"),
        || format!("`{member}` holds {:?}", wrong.unwrap_or_default()),
    ))
}

fn expires_in_number(answer: &Answer) -> Option<Finding> {
    let raw = answer.members().ok()?.raw("expires_in")?;
    Some(pair(
        Type::of(raw).is(Type::Number),
        || "`expires_in` is a number",
        || format!("`expires_in` is {}", shortened(raw)),
    ))
}

/// `scope-token *( SP scope-token )` (RFC 6749 section 3.3).
fn scope_chars(answer: &Answer) -> Option<Finding> {
    let scope = answer.members().ok()?.text("scope")?;
    // An empty scope is the honest answer where nothing was granted, though the grammar has no word for it.
    let holds = scope.is_empty() || scope.split(' ').all(scope_token);
    Some(pair(holds, || "scope tokens apart by one space each", || format!("`scope` is {:?}", shortened(&scope))))
}

/// `scope-token` (RFC 6749 section 3.3).
fn scope_token(token: &str) -> bool {
    !token.is_empty() && token.chars().all(|c| ('!'..='~').contains(&c) && !matches!(c, '"' | '\\'))
}

/// An answer that says of its body that it is JSON.
fn json(answer: &Answer) -> Option<&Answer> {
    (answer.media_type().as_deref() == Some("application/json") && !answer.body.is_empty()).then_some(answer)
}

/// `URI-reference` (RFC 6749 appendix A.9): no quote, no backslash, no space.
fn error_uri_chars(answer: &Answer) -> Option<Finding> {
    let text = without_marks(&answer.members().ok()?.text("error_uri")?);
    let wrong = text.chars().find(|c| !('!'..='~').contains(c) || matches!(c, '"' | '\\'));
    Some(pair(
        wrong.is_none(),
        || "`error_uri` of printable ASCII without space, quote and backslash",
        || format!("`error_uri` holds {:?}", wrong.unwrap_or_default()),
    ))
}

/// A byte order mark in UTF-8 (RFC 8259 section 8.1).
const BOM: &[u8] = b"\xef\xbb\xbf";

fn no_bom(answer: &Answer) -> Finding {
    pair(
        !answer.body.starts_with(BOM),
        || "JSON that does not start with a byte order mark",
        || "the body starts with ef bb bf".to_owned(),
    )
}

fn utf_8(answer: &Answer) -> Finding {
    // Where the body was cut off, half a character may be what is left of a whole one.
    let wrong = std::str::from_utf8(&answer.body).err().filter(|why| answer.cut.is_none() || why.error_len().is_some());
    let at = wrong.map(|why| why.valid_up_to());
    pair(at.is_none(), || "JSON in UTF-8", || format!("the body is no UTF-8 from byte {} on", at.unwrap_or_default()))
}

fn one_json_text(answer: &Answer) -> Finding {
    let why = match (&answer.cut, serde_json::from_slice::<&serde_json::value::RawValue>(&answer.body)) {
        (Some(cut), _) => Some(format!("the body is not whole: {cut}")),
        (None, Err(why)) => Some(why.to_string()),
        (None, Ok(_)) => None,
    };
    pair(why.is_none(), || "one JSON text", || why.unwrap_or_default())
}

fn challenge_form(answer: &Answer) -> Option<Finding> {
    let value = answer.header("www-authenticate")?;
    let wrong = challenges(&value).err();
    Some(pair(
        wrong.is_none(),
        || "schemes in WWW-Authenticate, each followed by its parameters",
        || format!("www-authenticate: {}: {}", shortened(&value), wrong.unwrap_or_default()),
    ))
}

/// Holds against each challenge that `of` picks what is expected of it. A field that can't be taken apart is another
/// sentence's matter.
fn each_challenge(
    answer: &Answer,
    of: fn(&Challenge<'_>) -> bool,
    expected: &str,
    holds: fn(&Challenge<'_>) -> bool,
) -> Option<Finding> {
    let value = answer.header("www-authenticate")?;
    let challenges = challenges(&value).ok()?;
    let mut picked = challenges.iter().filter(|challenge| of(challenge)).peekable();
    picked.peek()?;
    Some(pair(picked.all(holds), || expected, || format!("www-authenticate: {}", shortened(&value))))
}

/// A Basic challenge names its realm (RFC 7617 section 2).
fn challenge_realm(answer: &Answer) -> Option<Finding> {
    let holds = |challenge: &Challenge<'_>| challenge.named("realm").next().is_some();
    each_challenge(answer, |challenge| challenge.is("Basic"), "a realm in the Basic challenge", holds)
}

fn challenge_realm_quoted(answer: &Answer) -> Option<Finding> {
    let has_realm = |challenge: &Challenge<'_>| challenge.named("realm").next().is_some();
    let holds = |challenge: &Challenge<'_>| challenge.named("realm").all(|realm| realm.quoted);
    each_challenge(answer, has_realm, "the realm in double quotes", holds)
}

fn challenge_charset(answer: &Answer) -> Option<Finding> {
    let has_charset = |challenge: &Challenge<'_>| challenge.is("Basic") && challenge.named("charset").next().is_some();
    let holds =
        |challenge: &Challenge<'_>| challenge.named("charset").all(|one| one.value.eq_ignore_ascii_case("UTF-8"));
    each_challenge(answer, has_charset, "charset UTF-8 in the Basic challenge", holds)
}

fn challenge_param_once(answer: &Answer) -> Option<Finding> {
    let once = |challenge: &Challenge<'_>| {
        challenge.parameters.iter().all(|parameter| challenge.named(parameter.name).nth(1).is_none())
    };
    each_challenge(answer, |_| true, "each parameter of a challenge once", once)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Library;

    #[test]
    fn plain_http_is_wrong_to_another_machine_and_exempt_on_this_one() {
        let answer = |body: &'static str| {
            Answer::new(200, http::HeaderMap::new(), bytes::Bytes::from_static(body.as_bytes()), None)
        };
        let found = |address: &str| {
            let way = Way::of(&Url::parse(address).expect("a URL"));
            let mut answer = answer("");
            answer.way = way;
            with_tls(&answer)
        };
        assert_eq!(found("https://as.example/token"), Some(Finding::Met));
        assert!(matches!(found("http://192.0.2.2:8085/token"), Some(Finding::Broken { .. })));
        assert_eq!(found("http://127.0.0.1:8085/token"), None);

        let found = |body: &'static str| addresses_with_tls(&answer(body));
        let issuer = r#"{"issuer":"https://as.example","jwks_uri":"https://as.example/jwks"}"#;
        assert_eq!(found(issuer), Some(Finding::Met));
        assert_eq!(found(r#"{"issuer":"https://as.example","jwks_uri":"http://[::1]/jwks"}"#), None);
        let broken = found(r#"{"issuer":"http://localhost:1","jwks_uri":"http://as.example/jwks"}"#);
        assert!(matches!(broken, Some(Finding::Broken { actual, .. }) if actual.contains("`jwks_uri`")));
    }

    #[test]
    fn every_lint_stands_under_a_sentence_and_in_its_place() {
        let library = Library::load(None).expect("the project's own scenarios can be read");
        for lint in &LINTS {
            assert!(library.catalogue.get(lint.requirement).is_some(), "{} cites an unknown sentence", lint.name);
        }
        assert!(LINTS.is_sorted_by_key(|lint| lint.name));
    }
}
