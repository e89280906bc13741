//! Lints: checks that run on every answer of their endpoints, in every kind of run.
//!
//! A lint stands under its own sentence and turns no scenario red: it is told once, with count, share and examples.

mod jwt;
mod key_set;
mod make;
mod message;
mod oauth;
mod services;
mod tally;

pub(crate) use jwt::{AT_JWT, typ_is};
pub(crate) use tally::EXAMPLES;
pub use tally::Tally;

use ropcheck_reports::record::{Finding, Flaw, Part};

use crate::exchange::Answer;
use crate::json::Type;
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
    /// Status, headers and body, the date aside, and the make of its tokens ([`make`]). Many answers are the same in that, and
    /// looked at once.
    Make,
    /// Times, which differ from answer to answer.
    Times,
}

use Sees::{Make, Times};

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
pub const LINTS: [Lint; 116] = [
    Lint { name: "access-token-alg-not-none",   requirement: "rfc9068/2.1/alg-not-none",                at: TOKEN,      sees: Make,  look: |a, _| jwt::header(&jwt::access_token(a), "alg", &jwt::NOT_NONE) },
    Lint { name: "access-token-chars",          requirement: "rfc6749/A.12/access-token-chars",         at: TOKEN,      sees: Make,  look: |a, _| oauth::token_chars(granted(a)?, "access_token") },
    Lint { name: "allow",                       requirement: "rfc9110/15.5.6/allow",                    at: ALL,        sees: Make,  look: |a, m| message::allow(a, m) },
    Lint { name: "bearer-challenge",            requirement: "rfc6750/3/challenge",                     at: USERINFO,   sees: Make,  look: |a, _| services::bearer_challenge(a) },
    Lint { name: "bearer-error-chars",          requirement: "rfc6750/3/error-chars",                   at: USERINFO,   sees: Make,  look: |a, _| services::bearer_error_chars(a) },
    Lint { name: "bearer-error-uri",            requirement: "rfc6750/3/error-uri-reference",           at: USERINFO,   sees: Make,  look: |a, _| services::bearer_error_uri(a) },
    Lint { name: "bearer-parameter",            requirement: "rfc6750/3/auth-params",                   at: USERINFO,   sees: Make,  look: |a, _| services::bearer_parameter(a) },
    Lint { name: "bearer-parameters-once",      requirement: "rfc6750/3/param-once",                    at: USERINFO,   sees: Make,  look: |a, _| services::bearer_parameters_once(a) },
    Lint { name: "bearer-scheme",               requirement: "rfc6750/3/scheme-bearer",                 at: USERINFO,   sees: Make,  look: |a, _| services::bearer_scheme(a) },
    Lint { name: "bearer-scope-chars",          requirement: "rfc6750/3/scope-chars",                   at: USERINFO,   sees: Make,  look: |a, _| services::bearer_scope_chars(a) },
    Lint { name: "bearer-token-chars",          requirement: "rfc6750/2.1/b64token",                    at: TOKEN,      sees: Make,  look: |a, _| services::bearer_token_chars(granted(a)?) },
    Lint { name: "challenge",                   requirement: "rfc9110/15.5.2/challenge",                at: GUARDED,    sees: Make,  look: |a, _| message::with_status(a, 401, "www-authenticate") },
    Lint { name: "challenge-charset",           requirement: "rfc7617/2.1/charset-utf-8",               at: GUARDED,    sees: Make,  look: |a, _| message::challenge_charset(a) },
    Lint { name: "challenge-form",              requirement: "rfc9110/11.6.1/challenge-form",           at: GUARDED,    sees: Make,  look: |a, _| message::challenge_form(a) },
    Lint { name: "challenge-param-once",        requirement: "rfc9110/11.2/param-once",                 at: GUARDED,    sees: Make,  look: |a, _| message::challenge_param_once(a) },
    Lint { name: "challenge-realm",             requirement: "rfc7617/2/realm",                         at: GUARDED,    sees: Make,  look: |a, _| message::challenge_realm(a) },
    Lint { name: "challenge-realm-quoted",      requirement: "rfc9110/11.5/realm-quoted",               at: GUARDED,    sees: Make,  look: |a, _| message::challenge_realm_quoted(a) },
    Lint { name: "content-type-sent",           requirement: "rfc9110/8.3/content-type-sent",           at: ALL,        sees: Make,  look: |a, _| message::content_type_sent(a) },
    Lint { name: "date",                        requirement: "rfc9110/6.6.1/date",                      at: ALL,        sees: Times, look: |a, m| message::date(a, m) },
    Lint { name: "date-form",                   requirement: "rfc9110/5.6.7/imf-fixdate",               at: ALL,        sees: Times, look: |a, _| message::date_form(a) },
    Lint { name: "error-chars",                 requirement: "rfc6749/5.2/error-chars",                 at: TOKEN,      sees: Make,  look: |a, _| oauth::text_chars(refused(a)?, "error") },
    Lint { name: "error-code-listed",           requirement: "rfc6749/5.2/error-code-listed",           at: TOKEN,      sees: Make,  look: |a, _| oauth::error_code(refused(a)?) },
    Lint { name: "error-description-chars",     requirement: "rfc6749/5.2/error-description-chars",     at: TOKEN,      sees: Make,  look: |a, _| oauth::text_chars(refused(a)?, "error_description") },
    Lint { name: "error-description-not-empty", requirement: "rfc6749/A.8/error-description-not-empty", at: TOKEN,      sees: Make,  look: |a, _| oauth::not_empty(refused(a)?, "error_description") },
    Lint { name: "error-json-body",             requirement: "rfc6749/5.2/json-body",                   at: TOKEN,      sees: Make,  look: |a, m| Some(message::json_object(refused_post(a, m)?)) },
    Lint { name: "error-media-type",            requirement: "rfc6749/5.2/media-type-json",             at: TOKEN,      sees: Make,  look: |a, m| message::json_type(refused_post(a, m)?) },
    Lint { name: "error-member",                requirement: "rfc6749/5.2/error-member",                at: TOKEN,      sees: Make,  look: |a, m| Some(oauth::error_member(refused_post(a, m)?)) },
    Lint { name: "error-no-store",              requirement: "practice/http/no-store-on-errors",        at: TOKEN,      sees: Make,  look: |a, m| Some(message::no_store(in_error(a, m)?)) },
    Lint { name: "error-not-empty",             requirement: "rfc6749/A.7/error-not-empty",             at: TOKEN,      sees: Make,  look: |a, _| oauth::not_empty(refused(a)?, "error") },
    Lint { name: "error-status",                requirement: "rfc6749/5.2/status-400",                  at: TOKEN,      sees: Make,  look: |a, m| Some(oauth::error_status(refused_post(a, m)?)) },
    Lint { name: "error-strings",               requirement: "rfc6749/5.2/strings-as-strings",          at: TOKEN,      sees: Make,  look: |a, _| oauth::strings(refused(a)?, &oauth::ERROR_TEXTS) },
    Lint { name: "error-uri-chars",             requirement: "rfc6749/5.2/error-uri-chars",             at: TOKEN,      sees: Make,  look: |a, _| oauth::error_uri_chars(refused(a)?) },
    Lint { name: "error-uri-reference",         requirement: "rfc6749/5.2/error-uri-reference",         at: TOKEN,      sees: Make,  look: |a, _| oauth::error_uri_reference(refused(a)?) },
    Lint { name: "expires-in",                  requirement: "rfc6749/5.1/expires-in",                  at: TOKEN,      sees: Make,  look: |a, _| Some(oauth::expires_in(granted(a)?)) },
    Lint { name: "expires-in-digits",           requirement: "rfc6749/A.14/expires-in-digits",          at: TOKEN,      sees: Make,  look: |a, _| oauth::expires_in_digits(granted(a)?) },
    Lint { name: "expires-in-number",           requirement: "rfc6749/5.1/expires-in-number",           at: TOKEN,      sees: Make,  look: |a, _| oauth::expires_in_number(granted(a)?) },
    Lint { name: "failure-as-error",            requirement: "practice/http/failures-as-errors",        at: TOKEN,      sees: Make,  look: |a, m| Some(oauth::error_in_json(failed_post(a, m)?)) },
    Lint { name: "field-once",                  requirement: "rfc9110/5.3/field-once",                  at: ALL,        sees: Make,  look: |a, _| Some(message::field_once(a)) },
    Lint { name: "id-token-alg-not-none",       requirement: "oidc-core/2/alg-not-none",                at: TOKEN,      sees: Make,  look: |a, _| jwt::header(&jwt::id_token(a), "alg", &jwt::NOT_NONE) },
    Lint { name: "id-token-amr",                requirement: "oidc-core/2/amr",                         at: TOKEN,      sees: Make,  look: |a, _| jwt::claim(&jwt::id_token(a), "amr", &jwt::STRINGS) },
    Lint { name: "id-token-at-hash",            requirement: "oidc-core/3.1.3.6/at-hash",               at: TOKEN,      sees: Make,  look: |a, _| jwt::without(&jwt::id_token(a), "the access token's at_hash", |it| matches!(it, Flaw::AtHash)) },
    Lint { name: "id-token-auth-time",          requirement: "oidc-core/2/auth-time",                   at: TOKEN,      sees: Make,  look: |a, _| jwt::claim(&jwt::id_token(a), "auth_time", &jwt::NUMBER) },
    Lint { name: "id-token-booleans",           requirement: "oidc-core/5.1/booleans",                  at: TOKEN,      sees: Make,  look: |a, _| jwt::booleans(a) },
    Lint { name: "id-token-key-headers",        requirement: "oidc-core/2/no-key-headers",              at: TOKEN,      sees: Make,  look: |a, _| jwt::header_lacks(&jwt::id_token(a), &["x5u", "x5c", "jku", "jwk"]) },
    Lint { name: "id-token-kid",                requirement: "oidc-core/10.1/kid",                      at: TOKEN,      sees: Make,  look: |a, _| jwt::without(&jwt::id_token(a), "a kid", |it| matches!(it, Flaw::KeyNotNamed(_))) },
    Lint { name: "id-token-sub-length",         requirement: "oidc-core/2/sub-length",                  at: TOKEN,      sees: Make,  look: |a, _| jwt::claim(&jwt::id_token(a), "sub", &jwt::SHORT) },
    Lint { name: "id-token-token-type",         requirement: "oidc-core/3.1.3.3/token-type-bearer",     at: TOKEN,      sees: Make,  look: |a, _| jwt::bearer_beside_id_token(a) },
    Lint { name: "introspection-active",        requirement: "rfc7662/2.2/active",                      at: ASKED,      sees: Make,  look: |a, _| services::member_is(answered(a)?, "active", Type::Boolean) },
    Lint { name: "introspection-inactive-only", requirement: "rfc7662/2.2/inactive-only",               at: ASKED,      sees: Make,  look: |a, _| services::inactive_only(answered(a)?) },
    Lint { name: "introspection-json",          requirement: "rfc7662/2.2/json",                        at: ASKED,      sees: Make,  look: |a, _| Some(services::json_answer(answered(a)?)) },
    Lint { name: "introspection-scope",         requirement: "rfc7662/2.2/scope",                       at: ASKED,      sees: Make,  look: |a, _| services::told_scope(answered(a)?) },
    Lint { name: "introspection-times",         requirement: "rfc7662/2.2/times",                       at: ASKED,      sees: Make,  look: |a, _| services::told_times(answered(a)?) },
    Lint { name: "introspection-tls",           requirement: "rfc7662/2/https",                           at: ASKED,      sees: Make,  look: |a, _| message::with_tls(a) },
    Lint { name: "jwt-alg-current",             requirement: "rfc8725/3.2/current-algorithms",          at: TOKEN,      sees: Make,  look: |a, _| jwt::header(&jwt::all(a), "alg", &jwt::CURRENT) },
    Lint { name: "jwt-alg-not-none",            requirement: "rfc8725/3.2/no-none",                     at: TOKEN,      sees: Make,  look: |a, _| jwt::header(&jwt::all(a), "alg", &jwt::NOT_NONE) },
    Lint { name: "jwt-aud",                     requirement: "rfc7519/4.1.3/aud-form",                  at: TOKEN,      sees: Make,  look: |a, _| jwt::claim(&jwt::all(a), "aud", &jwt::STRING_OR_STRINGS) },
    Lint { name: "jwt-claims-unique",           requirement: "rfc7519/4/claims-unique",                 at: TOKEN,      sees: Make,  look: |a, _| jwt::without(&jwt::all(a), "each claim once", |it| matches!(it, Flaw::Repeated { part: Part::Claims, .. })) },
    Lint { name: "jwt-compact",                 requirement: "rfc7515/7.1/compact",                     at: TOKEN,      sees: Make,  look: |a, _| jwt::without(&jwt::all(a), "base64url without padding", |it| matches!(it, Flaw::Encoding(_))) },
    Lint { name: "jwt-ecdsa-length",            requirement: "rfc7518/3.4/ecdsa-length",                at: TOKEN,      sees: Make,  look: |a, _| jwt::without(&jwt::all(a), "a signature of two whole numbers", |it| matches!(it, Flaw::SignatureLength { .. })) },
    Lint { name: "jwt-exp",                     requirement: "rfc7519/4.1.4/exp-numeric",               at: TOKEN,      sees: Make,  look: |a, _| jwt::claim(&jwt::all(a), "exp", &jwt::SECONDS) },
    Lint { name: "jwt-header-unique",           requirement: "rfc7515/4/header-unique",                 at: TOKEN,      sees: Make,  look: |a, _| jwt::without(&jwt::all(a), "each parameter of the header once", |it| matches!(it, Flaw::Repeated { part: Part::Header, .. })) },
    Lint { name: "jwt-iss",                     requirement: "rfc7519/4.1.1/iss-string",                at: TOKEN,      sees: Make,  look: |a, _| jwt::claim(&jwt::all(a), "iss", &jwt::STRING_OR_URI) },
    Lint { name: "jwt-kid",                     requirement: "rfc7515/4.1.4/kid-string",                at: TOKEN,      sees: Make,  look: |a, _| jwt::header(&jwt::all(a), "kid", &jwt::STRING) },
    Lint { name: "jwt-kid-known",               requirement: "rfc7515/4.1.4/kid-matches-jwks",          at: TOKEN,      sees: Make,  look: |a, _| jwt::without(&jwt::for_others(a), "a kid of the key set", |it| matches!(it, Flaw::KeyUnknown)) },
    Lint { name: "jwt-nbf",                     requirement: "rfc7519/4.1.5/nbf-numeric",               at: TOKEN,      sees: Make,  look: |a, _| jwt::claim(&jwt::all(a), "nbf", &jwt::NUMBER) },
    Lint { name: "jwt-sub",                     requirement: "rfc7519/4.1.2/sub-string",                at: TOKEN,      sees: Make,  look: |a, _| jwt::claim(&jwt::all(a), "sub", &jwt::STRING_OR_URI) },
    Lint { name: "jwt-typ",                     requirement: "rfc7519/5.1/typ-upper-case",              at: TOKEN,      sees: Make,  look: |a, _| jwt::header(&jwt::all(a), "typ", &jwt::UPPER_CASE) },
    Lint { name: "jwt-utf-8",                   requirement: "rfc8725/3.7/utf-8",                       at: TOKEN,      sees: Make,  look: |a, _| jwt::without(&jwt::all(a), "UTF-8", |it| matches!(it, Flaw::Utf8(_))) },
    Lint { name: "key-coordinates",             requirement: "rfc7518/6.2.1/coordinate-length",         at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, key_set::coordinates) },
    Lint { name: "key-ec-members",              requirement: "rfc7518/6.2.1/ec-members",                at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, key_set::ec_members) },
    Lint { name: "key-kid",                     requirement: "rfc7517/4.5/kid-string",                  at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, key_set::kid) },
    Lint { name: "key-kids-distinct",           requirement: "rfc7517/4.5/kid-distinct",                at: JWKS,       sees: Make,  look: |a, _| key_set::kids_distinct(a) },
    Lint { name: "key-kty",                     requirement: "rfc7517/4.1/kty",                         at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, |key| Some(key_set::kty(key))) },
    Lint { name: "key-members-unique",          requirement: "rfc7517/4/members-unique",                at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, |key| Some(key_set::not_repeated(key))) },
    Lint { name: "key-public",                  requirement: "rfc7517/9.2/no-private-parts",            at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, |key| Some(key_set::public(key))) },
    Lint { name: "key-rsa-leading-zero",        requirement: "rfc7518/6.3.1/no-leading-zero",           at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, key_set::no_leading_zero) },
    Lint { name: "key-rsa-members",             requirement: "rfc7518/6.3.1/rsa-members",               at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, key_set::rsa_members) },
    Lint { name: "key-rsa-size",                requirement: "rfc7518/3.3/rsa-2048",                    at: JWKS,       sees: Make,  look: |a, _| key_set::each(a, key_set::rsa_size) },
    Lint { name: "metadata-arrays",             requirement: "rfc8414/3.2/lists-as-arrays",             at: RFC8414,    sees: Make,  look: |a, _| services::lists_as_arrays(answered(a)?) },
    Lint { name: "metadata-empty-lists",        requirement: "rfc8414/3.2/no-empty-lists",              at: RFC8414,    sees: Make,  look: |a, _| services::no_empty_lists(answered(a)?) },
    Lint { name: "metadata-https",              requirement: "oauth-v2-1/1.5/https",                    at: METADATA,   sees: Make,  look: |a, _| message::addresses_with_tls(granted(a)?) },
    Lint { name: "no-307",                      requirement: "rfc9700/4.12/no-307",                     at: TOKEN,      sees: Make,  look: |a, _| Some(message::no_307(a)) },
    Lint { name: "no-bom",                      requirement: "rfc8259/8.1/no-bom",                      at: ALL,        sees: Make,  look: |a, _| Some(message::no_bom(json(a)?)) },
    Lint { name: "no-echo",                     requirement: "practice/secrets/no-echo",                at: GUARDED,    sees: Make,  look: |a, _| Some(message::no_echo(a)) },
    Lint { name: "no-server-error",             requirement: "practice/http/no-5xx",                    at: GUARDED,    sees: Make,  look: |a, _| Some(message::no_server_error(a)) },
    Lint { name: "no-store",                    requirement: "rfc6749/5.1/no-store",                    at: TOKEN,      sees: Make,  look: |a, _| Some(message::no_store(granted(a)?)) },
    Lint { name: "not-repeated",                requirement: "rfc6749/3.2/answer-not-repeated",         at: TOKEN,      sees: Make,  look: |a, _| oauth::not_repeated(a) },
    Lint { name: "not-repeated-at-all",         requirement: "oauth-v2-1/3.2/extensions-not-repeated",  at: TOKEN,      sees: Make,  look: |a, _| oauth::not_repeated_at_all(a) },
    Lint { name: "one-json-text",               requirement: "rfc8259/2/one-json-text",                 at: ALL,        sees: Make,  look: |a, _| Some(message::one_json_text(json(a)?)) },
    Lint { name: "openid-metadata-empty-lists", requirement: "oidc-discovery/4.2/no-empty-lists",       at: OPENID,     sees: Make,  look: |a, _| services::no_empty_lists(answered(a)?) },
    Lint { name: "param-name-chars",            requirement: "rfc6749/A.18/param-name-chars",           at: TOKEN,      sees: Make,  look: |a, _| oauth::param_name_chars(a) },
    Lint { name: "pragma",                      requirement: "rfc6749/5.1/pragma",                      at: TOKEN,      sees: Make,  look: |a, _| Some(message::includes(granted(a)?, "pragma", "no-cache")) },
    Lint { name: "refresh-token-chars",         requirement: "rfc6749/A.17/refresh-token-chars",        at: TOKEN,      sees: Make,  look: |a, _| oauth::token_chars(granted(a)?, "refresh_token") },
    Lint { name: "retry-after-form",            requirement: "rfc9110/10.2.3/retry-after-form",         at: ALL,        sees: Make,  look: |a, _| message::retry_after_form(a) },
    Lint { name: "revocation-error-form",       requirement: "rfc7009/2.2.1/error-form",                at: REVOKED,    sees: Make,  look: |a, m| Some(services::error_form(refused_post(a, m)?)) },
    Lint { name: "revocation-tls",              requirement: "rfc7009/2/https",                           at: REVOKED,    sees: Make,  look: |a, _| message::with_tls(a) },
    Lint { name: "scope-chars",                 requirement: "rfc6749/3.3/scope-chars",                 at: TOKEN,      sees: Make,  look: |a, _| oauth::scope_chars(granted(a)?) },
    Lint { name: "short-lived",                 requirement: "rfc6750/5.3/short-lived",                 at: TOKEN,      sees: Times, look: |a, _| services::short_lived(granted(a)?) },
    Lint { name: "success-media-type",          requirement: "rfc6749/5.1/media-type-json",             at: TOKEN,      sees: Make,  look: |a, _| message::json_type(granted(a)?) },
    Lint { name: "success-status",              requirement: "rfc6749/5.1/status-200",                  at: TOKEN,      sees: Make,  look: |a, _| Some(oauth::success_status(granted(a)?)) },
    Lint { name: "success-strings",             requirement: "rfc6749/5.1/strings-as-strings",          at: TOKEN,      sees: Make,  look: |a, _| oauth::strings(granted(a)?, &oauth::GRANT_TEXTS) },
    Lint { name: "throttled-retry-after",       requirement: "practice/throttle/429-retry-after",       at: GUARDED,    sees: Make,  look: |a, _| message::with_status(a, 429, "retry-after") },
    Lint { name: "tls",                         requirement: "rfc6749/3.2/tls",                           at: TOKEN,      sees: Make,  look: |a, _| message::with_tls(a) },
    Lint { name: "token-type",                  requirement: "rfc6749/5.1/token-type",                  at: TOKEN,      sees: Make,  look: |a, _| Some(oauth::token_type(granted(a)?)) },
    Lint { name: "token-type-chars",            requirement: "rfc6749/A.13/token-type-chars",           at: TOKEN,      sees: Make,  look: |a, _| oauth::token_type_chars(granted(a)?) },
    Lint { name: "token-type-registered",       requirement: "rfc6749/8.1/type-registered",             at: TOKEN,      sees: Make,  look: |a, _| oauth::token_type_registered(granted(a)?) },
    Lint { name: "too-many-requests-explained", requirement: "rfc6585/4/details",                       at: GUARDED,    sees: Make,  look: |a, _| message::too_many_requests_explained(a) },
    Lint { name: "top-level",                   requirement: "rfc6749/5.1/top-level",                   at: TOKEN,      sees: Make,  look: |a, _| Some(oauth::top_level(granted(a)?)) },
    Lint { name: "unavailable-retry-after",     requirement: "practice/throttle/503-retry-after",       at: GUARDED,    sees: Make,  look: |a, _| message::with_status(a, 503, "retry-after") },
    Lint { name: "unique-names",                requirement: "rfc8259/4/unique-names",                  at: ALL,        sees: Make,  look: |a, _| message::unique_names(a) },
    Lint { name: "userinfo-booleans",           requirement: "oidc-core/5.1/booleans",                  at: USERINFO,   sees: Make,  look: |a, _| services::claimed_booleans(answered(a)?) },
    Lint { name: "userinfo-json",               requirement: "oidc-core/5.3.2/json",                    at: USERINFO,   sees: Make,  look: |a, m| Some(message::json_object(services::claims(a, m)?)) },
    Lint { name: "userinfo-media-type",         requirement: "oidc-core/5.3.2/media-type",              at: USERINFO,   sees: Make,  look: |a, m| message::json_type(services::claims(a, m)?) },
    Lint { name: "userinfo-no-null",            requirement: "oidc-core/5.3.2/no-null",                 at: USERINFO,   sees: Make,  look: |a, m| services::no_empty_claims(services::claims(a, m)?) },
    Lint { name: "userinfo-sub",                requirement: "oidc-core/5.3.2/sub",                     at: USERINFO,   sees: Make,  look: |a, m| services::member_is(services::claims(a, m)?, "sub", Type::String) },
    Lint { name: "utf-8",                       requirement: "rfc8259/8.1/utf-8",                       at: ALL,        sees: Make,  look: |a, _| Some(message::utf_8(json(a)?)) },
];

/// An answer that grants.
fn granted(answer: &Answer) -> Option<&Answer> {
    answer.grants().then_some(answer)
}

/// An answer with status 200.
fn answered(answer: &Answer) -> Option<&Answer> {
    (answer.status == 200).then_some(answer)
}

/// An answer that refuses what the OAuth layer read: by its status, or by an error where a grant would stand. Not the server's
/// own failure, not another resource.
fn refused(answer: &Answer) -> Option<&Answer> {
    let is_refusal = match answer.status {
        200..300 => answer.error().is_some(),
        404 | 405 => false,
        status => (400..500).contains(&status),
    };
    (is_refusal && !answer.grants()).then_some(answer)
}

/// The same, of a `POST`: a refusal of another method is HTTP's and not RFC 6749's.
fn refused_post<'a>(answer: &'a Answer, method: &http::Method) -> Option<&'a Answer> {
    refused(answer).filter(|_| method == http::Method::POST)
}

/// A failure of the server's own, or of a gateway before it, told to a `POST`.
fn failed_post<'a>(answer: &'a Answer, method: &http::Method) -> Option<&'a Answer> {
    (answer.status >= 500 && method == http::Method::POST).then_some(answer)
}

/// A refusal, or a failure that the token endpoint tells as an error of its own. The page of a gateway is not its word.
fn in_error<'a>(answer: &'a Answer, method: &http::Method) -> Option<&'a Answer> {
    let failed = || failed_post(answer, method).filter(|answer| answer.error().is_some());
    refused_post(answer, method).or_else(failed)
}

/// An answer that says of its body that it is JSON.
fn json(answer: &Answer) -> Option<&Answer> {
    (answer.media_type().as_deref() == Some("application/json") && !answer.body.is_empty()).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Library;

    #[test]
    fn every_lint_stands_under_a_sentence_and_in_its_place() {
        let library = Library::load(None).expect("the project's own scenarios can be read");
        for lint in &LINTS {
            assert!(library.catalogue.get(lint.requirement).is_some(), "{} cites an unknown sentence", lint.name);
        }
        assert!(LINTS.is_sorted_by_key(|lint| lint.name));
    }
    /// The status · the body · whether it is a refusal, a failure, an error.
    #[test]
    fn an_error_is_one_whatever_its_status_and_a_failure_is_no_refusal() {
        let (error, page) = (r#"{"error":"temporarily_unavailable"}"#, "<h1>Bad Gateway</h1>");
        for (status, body, is) in [
            (400, error, [true, false, true]),
            (400, page, [true, false, true]),
            (429, "", [true, false, true]),
            (405, error, [false, false, false]),
            (200, error, [true, false, true]),
            (200, r#"{"active":false}"#, [false, false, false]),
            (307, error, [false, false, false]),
            (503, error, [false, true, true]),
            (502, page, [false, true, false]),
        ] {
            let body = bytes::Bytes::from_static(body.as_bytes());
            let answer = Answer::new(status, http::HeaderMap::new(), body, None);
            let is_it =
                |method: http::Method| [refused_post, failed_post, in_error].map(|one| one(&answer, &method).is_some());
            assert_eq!(is_it(http::Method::POST), is, "{status} {:?}", answer.body);
            assert_eq!(is_it(http::Method::GET), [false; 3], "{status} {:?}", answer.body);
        }
    }
}
