//! The ways in which the server can be wrong, a line each. A fault that happened elsewhere names the thread that tells of it.

mod drafted;
mod elsewhere;
mod granted;
mod inputs;
mod refused;
mod under_load;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, DATE, EXPIRES, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

pub use under_load::{FAULTS_IN_A_RACE, FAULTS_UNDER_LOAD};

use crate::altered::{
    append, as_text, challenge, header, page, rename, replace, scope, set, spare_key, status, without,
};
use crate::config::Grant;
use crate::draft::Seal;
use crate::keys::Kind::{Access, Id};
use crate::keys::Signing;
use crate::occasion::Endpoint::{self, Introspection, Jwks, Metadata, OpenidMetadata, Revocation, Userinfo};
use crate::policy::{
    AbsentScope, BadRefreshToken, BesideBasic, Charset, Chunked, Crash, Echo, Escapes, ForeignRefreshToken,
    ForeignScope, GrantTypeReading, Hints, IntrospectionFor, MediaType, Methods, Missing, MissingAuthentication,
    Nobody, PasswordReading, Plus, Policy, PublicClients, Query, Refresh, RefreshScope, RefreshTokens, Repeats,
    Revoking, ScopeReading, ScopeTold, SecretReading, Throttling, TwoAuthentications, UnknownClient, UsernameReading,
};

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

/// Every fault that the suite can see, sorted by its id; others show in a race or under load. One that needs more than a policy's field alters the finished answer.
#[rustfmt::skip]
pub const FAULTS: &[Fault] = &[
    fault("405-without-allow",                "rfc9110/15.5.6/allow",                      "A 405 does not say which methods are allowed.",                  |p| p.alter(|r| without(r, &ALLOW))),
    fault("absent-scope-crashes",             "rfc6749/3.3/default-or-invalid-scope",      "A request without a scope brings a 500.",                        |p| p.crash = Crash::AbsentScope), // curveball/a12n-server#472
    fault("absent-scope-grants-everything",   "rfc6749/3.3/default-or-invalid-scope",      "A request without a scope gets all that the client may have.",   |p| p.absent_scope = AbsentScope::Everything), // DuendeArchive/IdentityServer4#5400
    fault("access-token-counts-up",           "rfc6749/10.10/unguessable-128",             "An access token is the number of those before it.",                 |p| p.alter(granted::counted)),
    fault("access-token-missing",             "rfc6749/5.1/access-token",                  "A granted request brings no access token.",                      |p| p.alter(|r| r.remove("access_token"))),
    fault("access-token-padded",              "rfc7515/7.1/compact",                       "The parts of an access token are padded.",                        |p| p.alter(|r| append(r, "access_token", "=="))),
    fault("access-token-shared-by-users",     "rfc6749/10.3/unguessable",                  "Everybody gets the same access token.",                          |p| p.alter(|r| set(r, "access_token", "not-much-of-a-token"))),
    fault("access-token-with-bar",            "rfc6750/2.1/b64token",                      "The access token holds a vertical bar.",                         |p| p.alter(|r| if let Some(Value::String(token)) = r.member("access_token") { token.insert_str(0, "1|"); *token = token.replace('.', "|") })),
    fault("access-token-with-line-breaks",    "rfc6749/A.12/access-token-chars",           "The access token goes over several lines.",                      |p| p.alter(|r| granted::line_break(r, "access_token"))),
    fault("alg-none",                         "rfc9068/2.1/alg-not-none",                  "The access token has the algorithm none and no signature.",       |p| p.redraft(Access, drafted::unsigned)),
    fault("alg-outdated",                     "rfc8725/3.2/current-algorithms",            "The access token says that it is signed with SHA-1.",             |p| p.redraft(Access, |d| drafted::header(d, "alg", "RS1"))),
    fault("allow-names-get",                  "rfc9110/15.5.6/allow",                      "A 405 for GET names GET among the methods that are allowed.",    |p| p.alter(|r| replace(r, &ALLOW, "GET, POST"))),
    fault("another-clients-token-called-invalid-client", "rfc6749/5.2/invalid-grant",      "The refresh token of another client is refused with invalid_client.", |p| p.foreign_refresh_token = ForeignRefreshToken::InvalidClient), // GluuFederation/oxAuth#1248
    fault("answer-wrapped",                   "rfc6749/5.1/top-level",                    "The answer is an object within an object.",                         |p| p.alter(granted::wrapped)),
    fault("any-client-secret-accepted",       "rfc6749/5.2/invalid-client",                "Every client secret is taken for the right one.",                |p| p.client_secret = SecretReading::Ignored),
    fault("any-grant-for-any-client",         "rfc6749/5.2/unauthorized-client",           "A client may use grants that it is not registered for.",         |p| p.client_grants_checked = false), // frappe/frappe#41536
    fault("any-method-accepted",              "rfc6749/3.2/post",                          "A token can be had with every method.",                          |p| p.methods = Methods::Any),
    fault("aud-is-a-map",                     "rfc7519/4.1.3/aud-form",                    "aud is an object.",                                               |p| p.redraft(Access, |d| d.set("aud", json!({ "api": true })))),
    fault("audience-missing",                 "rfc9068/2.2/aud",                           "The access token has no aud.",                                   |p| p.audience_named = false),
    fault("auth-time-differs-after-refresh",  "rfc9068/2.2.1/auth-claims-kept",            "A refresh counts as a login in auth_time.",                       |p| p.redraft(Access, drafted::login_at_refresh)),
    fault("bad-escape-crashes",               "practice/http/no-5xx",                      "A percent sign that begins no escape brings a 500.",             |p| p.crash = Crash::BadEscape), // keycloak/keycloak#37935
    fault("basic-behind-two-spaces-unread",   "rfc9110/11.4/credentials",                       "Basic credentials behind two spaces can't be read.",              |p| p.misread(inputs::one_space)),
    fault("basic-client-refused-400",         "rfc6749/5.2/status-401-with-basic",         "Failed Basic authentication is answered with 400.",              |p| p.alter(refused::basic_client_refused_400)), // wso2/product-is#5531
    fault("basic-junk-skipped",               "rfc7617/2/base64",                          "What is no base64 is left out of Basic credentials.",             |p| p.misread(inputs::base64_alone)),
    fault("basic-lower-case-escapes-unread",  "rfc6749/2.3.1/basic-form-encoded",          "Escapes with lower-case digits are left as they are in Basic.",   |p| p.misread(inputs::lower_case_escapes)),
    fault("basic-not-form-decoded",           "rfc6749/2.3.1/basic-form-encoded",          "Basic credentials are taken without undoing their form encoding.", |p| p.basic_is_form_decoded = false), // spring-attic/spring-security-oauth#1826
    fault("basic-read-as-latin-1",            "rfc6749/2.3.1/basic-form-encoded",          "Basic credentials are read as Latin-1.",                         |p| p.basic_reading.charset = Charset::Latin1),
    fault("basic-scheme-case-counts",         "rfc9110/11.1/scheme-case",                  "The scheme has to be written Basic.",                            |p| p.scheme_in_any_case = false),
    fault("basic-scheme-in-mixed-case-refused", "rfc9110/11.1/scheme-case",                "The scheme has to be Basic, basic or BASIC.",                     |p| p.misread(inputs::scheme_in_one_case)),
    fault("basic-split-at-last-colon",        "rfc7617/2/first-colon",                     "The last colon of Basic credentials ends the client identifier.", |p| p.basic_ends_id_at_first_colon = false), // spring-attic/spring-security-oauth#1709
    fault("cache-control-missing-after-refresh", "rfc6749/5.1/no-store",                   "The answer to a refresh may be cached.",                         |p| p.alter(|r| if r.is_issued() && r.occasion.is(Grant::RefreshToken) { without(r, &CACHE_CONTROL) })),
    fault("cache-control-missing-at-times",   "rfc6749/5.1/no-store",                      "Every seventh answer with tokens may be cached.",                |p| p.alter(|r| if r.occasion.is_every(7) { without(r, &CACHE_CONTROL) })),
    fault("cache-control-missing-beyond-ascii", "rfc6749/5.1/no-store",                    "The tokens of a user whose name or password is not ASCII may be cached.", |p| p.alter(|r| if r.is_issued() && r.occasion.beyond_ascii { without(r, &CACHE_CONTROL) })),
    fault("cache-control-missing-for-public-clients", "rfc6749/5.1/no-store",              "The tokens of a public client may be cached.",                   |p| p.alter(|r| if r.is_issued() && r.occasion.client_is_public { without(r, &CACHE_CONTROL) })),
    fault("cache-control-missing-on-errors",  "practice/http/no-store-on-errors",          "A refusal may be cached.",                                       |p| p.alter(|r| if !r.is_issued() { without(r, &CACHE_CONTROL) })), // cloudflare/workers-oauth-provider#224
    fault("cache-control-missing-on-success", "rfc6749/5.1/no-store",                      "An answer with tokens may be cached.",                           |p| p.alter(|r| if r.is_issued() { without(r, &CACHE_CONTROL) })), // dexidp/dex#1948
    fault("challenge-for-bearer",             "rfc6749/5.2/challenge-matches-scheme",      "A client that failed by Basic is asked for a bearer token.",     |p| p.alter(|r| replace(r, &WWW_AUTHENTICATE, r#"Bearer realm="token endpoint""#))),
    fault("challenge-for-latin-1",            "rfc7617/2.1/charset-utf-8",                "The Basic challenge asks for Latin-1.",                             |p| p.alter(|r| replace(r, &WWW_AUTHENTICATE, r#"Basic realm="token endpoint", charset="ISO-8859-1""#))),
    fault("challenge-missing",                "rfc6749/5.2/challenge-matches-scheme",      "A 401 has no WWW-Authenticate.",                                 |p| p.alter(|r| without(r, &WWW_AUTHENTICATE))), // bshaffer/oauth2-server-php#260
    fault("challenge-missing-for-unknown-client", "rfc6749/5.2/challenge-matches-scheme",  "An unknown client's 401 has no WWW-Authenticate.",               |p| p.unknown_client = UnknownClient::Unchallenged), // wso2/product-is#12258
    fault("challenge-realm-unquoted",         "rfc9110/11.5/realm-quoted",                 "The realm of the challenge stands without quotes.",              |p| p.alter(|r| replace(r, &WWW_AUTHENTICATE, "Basic realm=token-endpoint"))),
    fault("challenge-with-two-realms",        "rfc9110/11.2/param-once",                  "The challenge names two realms.",                                   |p| p.alter(|r| replace(r, &WWW_AUTHENTICATE, r#"Basic realm="token endpoint", realm="clients""#))),
    fault("challenge-without-commas",         "rfc9110/11.6.1/challenge-form",            "The parameters of the challenge have no comma between them.",       |p| p.alter(|r| replace(r, &WWW_AUTHENTICATE, r#"Basic realm="token endpoint" charset="UTF-8""#))),
    fault("challenge-without-realm",          "rfc7617/2/realm",                           "The Basic challenge has no realm.",                              |p| p.alter(|r| replace(r, &WWW_AUTHENTICATE, r#"Basic charset="UTF-8""#))),
    fault("charset-parameter-refused",        "rfc9110/8.3.1/parameters",                  "A form that tells its charset is no form.",                      |p| p.media_type = MediaType::WithoutParameters),
    fault("chunked-body-cut",                 "rfc9112/7.1/chunked",                       "Of a form that comes in chunks the first 128 bytes are read.",    |p| p.misread(inputs::first_chunk)),
    fault("chunked-body-unread",              "rfc9112/7.1/chunked",                       "A form that comes in chunks is taken for an empty one.",         |p| p.chunked = Chunked::Unread),
    fault("claim-twice",                      "rfc7519/4/claims-unique",                   "The access token has two aud.",                                   |p| p.redraft(Access, |d| d.write_claims = drafted::aud_twice)),
    fault("claims-in-latin-1",                "rfc8725/3.7/utf-8",                         "The claims are encoded in Latin-1.",                              |p| p.redraft(Access, |d| d.write_claims = drafted::name_in_latin_1)),
    fault("client-authenticated-after-user",  "rfc6749/4.3/password-for-token",            "Who fails to authenticate as the client learns whether a password is right.", |p| p.client_before_user = false),
    fault("client-credentials-for-public-client", "rfc6749/4.4/confidential-only",         "A client_id alone buys a token for the client.",                 |p| p.client_credentials_need_a_secret = false),
    fault("client-credentials-scope-crashes", "rfc6749/4.4.2/scope",                       "A client that asks for more than its default for itself brings a 500.", |p| p.crash = Crash::ScopeForItself),
    fault("client-credentials-sub-is-user",   "rfc9068/2.2/sub-is-client",                 "The sub of a token that a client gets for itself is a user's.",   |p| p.redraft(Access, |d| drafted::for_clients(d, |d| d.set("sub", "user-alice")))),
    fault("client-guessing-not-throttled",    "practice/throttle/client-guessing-slowed",  "A client secret can be guessed at without end.",                  |p| p.clients_throttled = false),
    fault("client-id-case-ignored",           "rfc6749/1.9/values-case-sensitive",         "Upper and lower case of a client_id are one.",                   |p| p.client_id_is_exact = false),
    fault("client-id-missing",                "rfc9068/2.2/client-id",                     "The access token has no client_id.",                              |p| p.redraft(Access, |d| d.leave_out("client_id"))),
    fault("client-id-of-another-beside-basic", "rfc6749/3.2.1/client-id-identifies",       "A client that authenticates by Basic may name another in the body.", |p| p.client_id_beside_basic = BesideBasic::AnyClient),
    fault("client-id-refused-beside-basic",   "rfc6749/3.2.1/client-id-identifies",        "A client that authenticates by Basic may not name itself in the body.", |p| p.client_id_beside_basic = BesideBasic::Nothing),
    fault("client-id-with-brace-crashes",     "rfc6749/5.2/invalid-client",                "A curly brace in a client identifier brings a 500.",              |p| p.crash = Crash::ClientIdWithBrace),
    fault("client-in-query-accepted",         "rfc6749/2.3.1/not-in-uri",                  "The client's credentials are read from the URI as well.",        |p| p.query = Query::ClientRead), // spring-attic/spring-authorization-server#1476
    fault("client-secret-cut-at-nul",         "rfc6749/10.14/values-sanitized",            "A client secret ends at its first NUL.",                          |p| p.client_secret = SecretReading::UpToNul),
    fault("client-secret-dashes-ignored",     "rfc6749/4.3.2/authenticate-if-included",    "Dashes in a client secret do not count.",                         |p| p.client_secret = SecretReading::DashesIgnored),
    fault("client-secret-ignored-for-client-credentials", "rfc6749/4.4.2/authenticate-client", "A client gets a token for itself with any secret, or none.", |p| p.client_secret = SecretReading::NotFor(Grant::ClientCredentials)),
    fault("client-secret-ignored-in-body",    "rfc6749/2.3.1/body-client-secret",          "Every client secret that comes in the body is right.",           |p| p.client_secret = SecretReading::IgnoredInBody),
    fault("client-secret-ignored-on-refresh", "rfc6749/6/require-client-auth",             "A refresh goes with any client secret, or none.",                |p| p.client_secret = SecretReading::NotFor(Grant::RefreshToken)),
    fault("client-secret-optional",           "rfc6749/3.2.1/must-authenticate",           "A client that has a secret may leave it out.",                   |p| p.client_secret = SecretReading::Optional),
    fault("client-secret-prefix-is-enough",   "rfc6749/4.3.2/authenticate-if-included",    "The beginning of a client secret is enough.",                    |p| p.client_secret = SecretReading::PrefixIsEnough),
    fault("client-secret-trimmed",            "rfc6749/4.3.2/authenticate-if-included",    "Spaces around a client secret do not count.",                    |p| p.client_secret = SecretReading::Trimmed),
    fault("combining-mark-in-password-crashes", "rfc6749/A.16/password-chars",             "A combining mark in a password brings a 500.",                    |p| p.crash = Crash::CombiningPassword),
    fault("commas-separate-scopes",           "rfc6749/3.3/space-delimited",               "Scopes that are asked for with a comma between them are two.",   |p| p.scope = ScopeReading::Commas),
    fault("content-type-missing",             "rfc9110/8.3/content-type-sent",            "A 405 does not say that its body is JSON.",                         |p| p.alter(|r| if r.status == StatusCode::METHOD_NOT_ALLOWED { without(r, &CONTENT_TYPE) })),
    fault("date-in-local-time",               "rfc9110/5.6.7/imf-fixdate",                "Date tells the time of another zone than GMT.",                     |p| p.alter(|r| header(r, &DATE, "Sun, 06 Nov 1994 09:49:37 +0100"))),
    fault("default-scope-not-told",           "rfc6749/5.1/scope-told-when-different",     "Who asks for no scope is not told which one came.",              |p| { p.scope_told = ScopeTold::WhenDifferent; p.absent_scope = AbsentScope::DefaultUntold }), // jentic/jentic-one#1260
    fault("description-beyond-ascii",         "rfc6749/5.2/error-description-chars",       "error_description is in a language with accents.",               |p| p.alter(|r| refused::describe(r, "la requête est erronée"))),
    fault("description-empty",                "rfc6749/A.8/error-description-not-empty",   "error_description is the empty text.",                           |p| p.alter(|r| refused::describe(r, ""))),
    fault("description-is-a-list",            "rfc6749/5.2/strings-as-strings",            "error_description is a list of texts.",                          |p| p.alter(|r| refused::describe(r, vec!["the request is wrong"]))),
    fault("description-with-quotes",          "rfc6749/5.2/error-description-chars",       "error_description holds double quotes.",                         |p| p.alter(|r| refused::describe(r, r#"the request is "wrong""#))),
    fault("disabled-user-let-in",             "rfc6749/4.3.2/validate-credentials",        "The password of a disabled account still opens it.",             |p| p.disabled_users_refused = false),
    fault("ecdsa-signature-in-der",           "rfc7518/3.4/ecdsa-length",                  "An ECDSA signature is a DER sequence.",                           |p| { p.signing = Some(Signing::Es256); p.redraft(Access, |d| d.seal = Seal::Der); p.redraft(Id, |d| d.seal = Seal::Der) }),
    fault("emoji-client-secret-crashes",      "rfc6749/5.2/invalid-client",                "A character of four UTF-8 bytes in a client secret brings a 500.", |p| p.crash = Crash::SecretBeyondThreeBytes),
    fault("emoji-password-crashes",           "rfc6749/A.16/password-chars",               "A character of four UTF-8 bytes in a password brings a 500.",    |p| p.crash = Crash::PasswordBeyondThreeBytes),
    fault("emoji-username-crashes",           "rfc6749/A.15/username-chars",               "A character of four UTF-8 bytes in a user name brings a 500.",   |p| p.crash = Crash::UsernameBeyondThreeBytes),
    fault("empty-parameter-counts",           "rfc6749/3.2/empty-is-omitted",              "A parameter without a value counts as sent.",                    |p| p.empty_is_absent = false),
    fault("empty-password-lets-in",           "rfc6749/4.3.2/password",                    "A login without a password opens every account.",                |p| p.password_needed = false),
    fault("error-answered-200",               "rfc6749/5.2/status-400",                    "A refusal has status 200.",                                      |p| p.alter(|r| if r.error().is_some() { r.status = StatusCode::OK })),
    fault("error-body-empty",                 "rfc6749/5.2/json-body",                     "A 401 has no body.",                                             |p| p.alter(|r| if r.status == StatusCode::UNAUTHORIZED { refused::no_body(r) })),
    fault("error-code-empty",                 "rfc6749/A.7/error-not-empty",               "error is the empty text.",                                       |p| p.alter(|r| rename(r, "invalid_grant", ""))),
    fault("error-code-invented",              "rfc6749/5.2/error-code-listed",             "invalid_grant is called invalid_credentials.",                   |p| p.alter(|r| rename(r, "invalid_grant", "invalid_credentials"))), // thephpleague/oauth2-server#955, doorkeeper-gem/doorkeeper#444
    fault("error-code-is-a-class",            "rfc6749/5.2/error-chars",                   "error holds the backslashes of a class name.",                   |p| p.alter(|r| rename(r, "invalid_grant", r"OAuth2\Grant\Failed"))),
    fault("error-code-missing",               "rfc6749/5.2/error-member",                  "An unsupported grant type is refused with a description and no error.", |p| p.alter(refused::without_code)),
    fault("error-in-latin-1",                 "rfc8259/8.1/utf-8",                         "An unsupported grant type is refused in Latin-1.",               |p| p.alter(refused::latin_1)),
    fault("error-page-is-html",               "rfc6749/5.2/media-type-json",               "A refusal is a page for people.",                                |p| p.alter(refused::error_page_is_html)), // cdelmonte-zg/nanoidp#310
    fault("error-uri-half-escaped",           "rfc6749/5.2/error-uri-reference",          "error_uri holds a percent sign that begins no escape.",             |p| p.alter(|r| if r.error().is_some() { r.insert("error_uri", "https://127.0.0.1/100%") })),
    fault("error-uri-with-spaces",            "rfc6749/5.2/error-uri-chars",               "error_uri holds spaces.",                                        |p| p.alter(|r| if r.error().is_some() { r.insert("error_uri", "https://127.0.0.1/what went wrong") })),
    fault("error-with-byte-order-mark",       "rfc8259/8.1/no-bom",                        "An unsupported grant type is refused with a byte order mark in front.", |p| p.alter(refused::byte_order_mark)),
    fault("error-with-trailing-text",         "rfc8259/2/one-json-text",                   "An unsupported grant type is refused with something behind the JSON object.", |p| p.alter(refused::trailing_text)),
    fault("escaped-name-repeated-accepted",   "rfc6749/3.2/not-repeated",                  "A parameter comes twice only where its name is spelt twice the same.", |p| p.misread(inputs::escaped_repetitions)),
    fault("escaped-name-unread",              "rfc6749/B/then-escaped",                    "A parameter whose name is written with an escape is not found.",  |p| p.misread(inputs::plain_names)),
    fault("exp-as-string",                    "rfc7519/4.1.4/exp-numeric",                 "exp is a string.",                                                |p| p.redraft(Access, |d| drafted::as_text(d, "exp"))),
    fault("exp-in-milliseconds",              "rfc7519/4.1.4/exp-numeric",                 "exp counts milliseconds.",                                        |p| p.redraft(Access, |d| drafted::reckon(d, "exp", |exp| exp * 1000))),
    fault("exp-missing",                      "rfc9068/2.2/exp",                           "The access token has no exp.",                                    |p| p.redraft(Access, |d| d.leave_out("exp"))),
    fault("expectation-crashes",              "rfc9110/10.1.1/expect-continue",            "A request that expects a 100 brings a 500.",                        |p| p.crash = Crash::Expectation),
    fault("expired-refresh-token-accepted",   "rfc6749/6/validate-token",                  "A refresh token works beyond its lifetime.",                     |p| p.refresh_expires = false),
    fault("expires-in-as-string",             "rfc6749/5.1/expires-in-number",             "expires_in is a JSON string.",                                   |p| p.alter(|r| as_text(r, "expires_in"))), // H2CK/oidc#250
    fault("expires-in-as-string-for-clients", "rfc6749/5.1/expires-in-number",             "expires_in is a JSON string where a client asks for itself.",    |p| p.alter(|r| if r.occasion.is(Grant::ClientCredentials) { as_text(r, "expires_in") })), // justingreerbbi/wordpress-oauth-server#39
    fault("expires-in-milliseconds",          "rfc6749/5.1/expires-in-seconds",            "expires_in counts milliseconds.",                                |p| p.alter(granted::expires_in_milliseconds)), // OAuth-Apis/apis#56
    fault("expires-in-negative",              "rfc6749/A.14/expires-in-digits",            "expires_in has a sign.",                                         |p| p.alter(|r| set(r, "expires_in", -1))),
    fault("expires-twice",                    "rfc9110/5.3/field-once",                   "Expires comes twice.",                                              |p| p.alter(|r| for value in ["0", "Thu, 01 Jan 1970 00:00:00 GMT"] { r.headers.append(EXPIRES, HeaderValue::from_static(value)); })),
    fault("failure-is-a-page",                "practice/http/failures-as-errors",          "A percent sign that begins no escape brings a page for people with status 500.", |p| { p.crash = Crash::BadEscape; p.alter(refused::failure_is_a_page) }),
    fault("form-read-as-latin-1",             "rfc6749/B/utf-8-first",                     "A form is read as Latin-1.",                                     |p| p.form.charset = Charset::Latin1),
    fault("form-read-as-latin-1-at-need",     "rfc6749/B/decode-utf-8",                    "A form that is no UTF-8 is read as Latin-1.",                    |p| p.form.charset = Charset::Utf8OrLatin1),
    fault("further-member-twice",             "rfc8259/4/unique-names",                   "A member that no RFC defines is there twice.",                      |p| p.alter(granted::further_member_twice)),
    fault("get-accepted",                     "rfc6749/3.2/post",                          "A token can be had with GET.",                                   |p| p.methods = Methods::PostAndGet), // simple-login/app#2751
    fault("grant-type-guessed",               "rfc6749/4.3.2/grant-type",                  "A request without a grant type gets what fits it.",              |p| p.grant_type = GrantTypeReading::Guessed),
    fault("grant-type-must-come-first",       "rfc6749/4.3.2/form-body",                   "The grant type is found only in the first place.",               |p| p.order_is_free = false),
    fault("grant-type-with-dot-crashes",      "rfc6749/5.2/unsupported-grant-type",        "A dot in a grant type brings a 500.",                             |p| p.crash = Crash::GrantTypeWithDot),
    fault("half-an-escape-crashes",           "rfc6749/5.2/invalid-request-malformed",     "An escape whose second digit is a letter beyond F brings a 500.",       |p| p.balk(inputs::half_escapes)),
    fault("header-name-twice",                "rfc7515/4/header-unique",                   "The header has two typ.",                                         |p| p.redraft(Access, |d| d.write_header = drafted::typ_twice)),
    fault("iat-in-the-future",                "rfc7519/4.1.6/iat-numeric",                 "The access token was issued tomorrow.",                           |p| p.redraft(Access, |d| drafted::reckon(d, "iat", |iat| iat + 86_400))),
    fault("iat-missing",                      "rfc9068/2.2/iat",                           "The access token has no iat.",                                    |p| p.redraft(Access, |d| d.leave_out("iat"))),
    fault("id-token-amr-as-string",           "oidc-core/2/amr",                           "The amr of an ID token is a string.",                             |p| p.redraft(Id, |d| d.set("amr", "pwd"))),
    fault("id-token-as-access-token-accepted", "rfc8725/3.12/kinds-told-apart",             "An ID token opens userinfo.",                                     |p| p.id_token_opens_nothing = false),
    fault("id-token-at-hash-wrong",           "oidc-core/3.1.3.6/at-hash",                 "The at_hash of an ID token is that of another access token.",     |p| p.redraft(Id, |d| d.set("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng"))),
    fault("id-token-aud-lost-after-refresh",  "oidc-core/12.2/aud-kept",                   "The ID token that a refresh brings is for another client.",       |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| d.set("aud", "another-client")))),
    fault("id-token-aud-wrong",               "oidc-core/2/aud",                           "The ID token is for another client.",                             |p| p.redraft(Id, |d| d.set("aud", "another-client"))),
    fault("id-token-auth-time-as-string",     "oidc-core/2/auth-time",                     "The auth_time of an ID token is a string.",                       |p| p.redraft(Id, |d| d.set("auth_time", "now"))),
    fault("id-token-auth-time-differs-after-refresh", "oidc-core/12.2/auth-time-kept",             "A refresh counts as a login in the auth_time of the ID token.",   |p| p.redraft(Id, drafted::login_at_refresh)),
    fault("id-token-azp-after-refresh",       "oidc-core/12.2/azp-same",                   "The ID token that a refresh brings has an azp, and the first one had none.", |p| p.redraft(Id, |d| drafted::after_refresh(d, drafted::azp_is_aud))),
    fault("id-token-azp-wrong",               "oidc-core/2/azp",                           "The azp of an ID token is another client.",                       |p| p.redraft(Id, |d| d.set("azp", "another-client"))),
    fault("id-token-expired",                 "oidc-core/2/exp",                           "The ID token has expired when it comes.",                         |p| p.redraft(Id, |d| drafted::reckon(d, "exp", |exp| exp - 86_400))),
    fault("id-token-iat-missing",             "oidc-core/2/iat",                           "The ID token has no iat.",                                        |p| p.redraft(Id, |d| d.leave_out("iat"))),
    fault("id-token-iat-of-login",            "oidc-core/12.2/iat-new",                    "The iat of an ID token that a refresh brings lies an hour back.", |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| drafted::reckon(d, "iat", |iat| iat - 3600)))),
    fault("id-token-iss-differs",             "oidc-core/2/iss",                           "The ID token names another issuer.",                              |p| p.redraft(Id, |d| d.set("iss", "https://issuer.example"))),
    fault("id-token-iss-differs-after-refresh", "oidc-core/12.2/iss-same",                   "The ID token that a refresh brings names another issuer.",        |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| d.set("iss", "https://issuer.example")))),
    fault("id-token-key-in-header",           "oidc-core/2/no-key-headers",                "The header of an ID token brings a key.",                         |p| p.redraft(Id, drafted::key_in_header)),
    fault("id-token-missing",                 "practice/id-token/with-openid",             "openid is granted and no ID token comes.",                       |p| p.alter(|r| r.remove("id_token"))),
    fault("id-token-nonce-after-refresh",     "oidc-core/12.2/no-nonce",                   "The ID token that a refresh brings has a nonce.",                 |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| d.set("nonce", "n-0S6_WzA2Mj")))),
    fault("id-token-signature-wrong",         "oidc-core/2/signed",                        "The signature of an ID token does not hold.",                     |p| p.redraft(Id, |d| d.seal = Seal::Broken)),
    fault("id-token-sub-differs",             "oidc-core/2/sub",                           "The sub of an ID token is another user's.",                       |p| p.redraft(Id, |d| d.set("sub", "user-mallory"))),
    fault("id-token-sub-differs-after-refresh", "oidc-core/12.2/sub-same",                   "The sub of an ID token that a refresh brings is another user's.", |p| p.redraft(Id, |d| drafted::after_refresh(d, |d| d.set("sub", "user-mallory")))),
    fault("id-token-sub-differs-at-times",    "oidc-core/2/sub",                           "The sub of every second ID token is another user's.",             |p| p.redraft(Id, |d| if d.occasion.is_every(2) { d.set("sub", "user-mallory") })),
    fault("id-token-sub-too-long",            "oidc-core/2/sub-length",                    "sub has 256 characters.",                                         |p| p.redraft(Id, |d| d.set("sub", "u".repeat(256)))),
    fault("id-token-typ-in-lower-case",       "rfc7519/5.1/typ-upper-case",                "The typ of an ID token is jwt.",                                  |p| p.redraft(Id, |d| drafted::header(d, "typ", "jwt"))),
    fault("id-token-unsigned",                "oidc-core/2/alg-not-none",                  "The ID token has the algorithm none and no signature.",           |p| p.redraft(Id, drafted::unsigned)),
    fault("id-token-verified-as-string",      "oidc-core/5.1/booleans",                    "The email_verified of an ID token is a string.",                  |p| p.redraft(Id, |d| d.set("email_verified", "true"))),
    fault("id-token-without-kid-among-keys",  "oidc-core/10.1/kid",                        "There are two keys, and the ID token does not say which one is meant.", |p| { p.alter_at(&[Jwks], spare_key); p.redraft(Id, |d| drop(d.header.shift_remove("kid"))) }),
    fault("introspection-active-as-string",   "rfc7662/2.2/active",                        "Introspection tells active as a string.",                         |p| p.alter_at(&[Introspection], |r| as_text(r, "active"))),
    fault("introspection-after-expiry-active", "rfc7662/4/expired",                         "A token that has expired is told to be active.",                  |p| p.introspection_minds.expiry = false),
    fault("introspection-after-revocation-active", "rfc7662/4/revoked",                         "A token that was revoked is told to be active.",                  |p| p.introspection_minds.revocation = false),
    fault("introspection-believes-hint",      "rfc7662/2.1/hint-search",                   "Introspection looks for a token where the hint says, and nowhere else.", |p| p.introspection_hints = Hints::Believed),
    fault("introspection-client-id-differs",  "rfc7662/2.2/client-id",                     "Introspection names another client than the one that got the token.", |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "client_id", "demo-special"))),
    fault("introspection-hint-misleads",      "rfc7662/2.1/hint-search",                   "A hint that is no word in lower case hides every token.",         |p| p.misread_at(Introspection, inputs::misleading_hint)),
    fault("introspection-inactive-told-as-error", "rfc7662/2.2/inactive",                      "A token that is not active is an error.",                         |p| p.alter_at(&[Introspection], elsewhere::inactive_is_an_error)),
    fault("introspection-is-html",            "rfc7662/2.2/json",                          "Introspection answers with a page for people.",                   |p| p.alter_at(&[Introspection], |r| page(r, "text/html", "<p>active</p>"))),
    fault("introspection-iss-differs",        "rfc7662/2.2/iss",                           "Introspection names another issuer than the token.",              |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "iss", "https://issuer.example"))),
    fault("introspection-never-active",       "rfc7662/2.2/active-means",                  "Introspection finds no token active.",                            |p| p.alter_at(&[Introspection], elsewhere::never_active)),
    fault("introspection-odd-token-refused",  "rfc7662/2.2/inactive",                      "To ask about a token with a space in it is an error.",            |p| p.balk_at(Introspection, inputs::no_space)),
    fault("introspection-of-other-workspace-active", "practice/tenants/token-stays-in-workspace", "A token of another workspace is told to be active.",              |p| p.introspection_minds.issuer = false),
    fault("introspection-open-to-anyone",     "rfc7662/2.1/authorized",                    "Everybody may introspect.",                                       |p| p.introspection_for = IntrospectionFor::Everybody),
    fault("introspection-open-to-public-clients", "rfc7662/2.1/authorized",                    "A client_id is enough to introspect.",                            |p| p.introspection_for = IntrospectionFor::Clients),
    fault("introspection-refuses-post",       "rfc7662/2.1/post-form",                     "Introspection does not take POST.",                              |p| p.alter_at(&[Introspection], |r| r.status = StatusCode::METHOD_NOT_ALLOWED)),
    fault("introspection-scope-as-list",      "rfc7662/2.2/scope",                         "Introspection tells scope as a list.",                            |p| p.alter_at(&[Introspection], |r| scope(r, |tokens| tokens.into()))),
    fault("introspection-signature-unchecked", "rfc7662/4/signature",                       "A token whose signature fails is told to be active.",             |p| p.introspection_minds.signature = false),
    fault("introspection-sub-differs",        "rfc7662/2.2/sub",                           "Introspection names another subject than the token.",             |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "sub", "user-mallory"))),
    fault("introspection-tells-why-inactive", "rfc7662/2.2/inactive-only",                 "Introspection says why a token is not active.",                   |p| p.alter_at(&[Introspection], |r| elsewhere::of_inactive(r, "reason", "the token has expired or is unknown"))),
    fault("introspection-times-as-strings",   "rfc7662/2.2/times",                         "Introspection tells exp and iat as strings.",                     |p| p.alter_at(&[Introspection], |r| { as_text(r, "exp"); as_text(r, "iat") })),
    fault("introspection-token-cut",          "rfc7662/2.2/inactive",                      "What stands behind a token's own characters does not count.",     |p| p.misread_at(Introspection, inputs::token_alone)),
    fault("introspection-token-optional",     "rfc7662/2.1/token",                         "Introspection without a token tells of an active one.",      |p| p.alter_at(&[Introspection], elsewhere::missing_token_is_active)),
    fault("introspection-token-type-differs", "rfc7662/2.2/token-type",                    "Introspection calls an access token's type access_token.",        |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "token_type", "access_token"))),
    fault("introspection-username-differs",   "rfc7662/2.2/username",                      "Introspection names another user.",                               |p| p.alter_at(&[Introspection], |r| elsewhere::of_active(r, "username", "mallory"))),
    fault("introspection-wrong-client-400",   "rfc7662/2.3/wrong-client-401",              "A client that fails to authenticate at introspection is answered with 400.", |p| p.alter_at(&[Introspection], |r| status(r, "invalid_client", StatusCode::BAD_REQUEST))),
    fault("invalid-grant-answered-401",       "rfc6749/5.2/status-400",                    "invalid_grant has status 401.",                                  |p| p.alter(refused::invalid_grant_answered_401)), // keycloak/keycloak#45812
    fault("invalid-scope-called-invalid-request", "rfc6749/5.2/invalid-scope",             "A scope that may not be had is refused with invalid_request.",   |p| p.alter(|r| rename(r, "invalid_scope", "invalid_request"))),
    fault("iss-differs",                      "rfc9068/2.2/iss",                           "The access token names another issuer.",                          |p| p.redraft(Access, |d| d.set("iss", "https://issuer.example"))),
    fault("iss-is-no-uri",                    "rfc7519/4.1.1/iss-string",                  "iss has a colon and is no URI.",                                  |p| p.redraft(Access, |d| d.set("iss", "server 1: main"))),
    fault("jti-missing",                      "rfc9068/2.2/jti",                           "The access token has no jti.",                                    |p| p.redraft(Access, |d| d.leave_out("jti"))),
    fault("jti-repeated",                     "rfc7519/4.1.7/jti-unique",                  "Every access token has the same jti.",                            |p| p.redraft(Access, |d| d.set("jti", "1"))),
    fault("jwks-coordinate-too-long",         "rfc7518/6.2.1/coordinate-length",           "A coordinate of a P-256 key has 33 bytes.",                       |p| { p.signing = Some(Signing::Es256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| elsewhere::with_zero(key, "x"))) }),
    fault("jwks-ec-key-without-y",            "rfc7518/6.2.1/ec-members",                  "A P-256 key has no y.",                                           |p| { p.signing = Some(Signing::Es256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.shift_remove("y")))) }),
    fault("jwks-key-without-kty",             "rfc7517/4.1/kty",                           "The key does not say of which kind it is.",                       |p| p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.shift_remove("kty"))))),
    fault("jwks-kid-is-a-number",             "rfc7517/4.5/kid-string",                    "The kid of the key is a number.",                                 |p| p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.insert("kid".to_owned(), 1.into()))))),
    fault("jwks-kid-twice",                   "rfc7517/4.5/kid-distinct",                  "Two keys have one kid.",                                          |p| p.alter_at(&[Jwks], elsewhere::kid_twice)),
    fault("jwks-member-twice",                "rfc7517/4/members-unique",                  "A key has two kty.",                                              |p| p.alter_at(&[Jwks], elsewhere::kty_twice)),
    fault("jwks-not-a-set",                   "rfc7517/5/keys-member",                     "The key set is a key.",                                           |p| p.alter_at(&[Jwks], elsewhere::bare_key)),
    fault("jwks-rsa-key-short",               "rfc7518/3.3/rsa-2048",                      "An RSA key has 1024 bits.",                                       |p| { p.signing = Some(Signing::Rs256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| elsewhere::cut_short(key, "n", 128))) }),
    fault("jwks-rsa-key-without-exponent",    "rfc7518/6.3.1/rsa-members",                 "An RSA key has no e.",                                            |p| { p.signing = Some(Signing::Rs256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.shift_remove("e")))) }),
    fault("jwks-with-leading-zero",           "rfc7518/6.3.1/no-leading-zero",             "The modulus of an RSA key begins with a zero.",                   |p| { p.signing = Some(Signing::Rs256); p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| elsewhere::with_zero(key, "n"))) }),
    fault("jwks-with-private-key",            "rfc7517/9.2/no-private-parts",              "The key set holds the private key.",                              |p| p.alter_at(&[Jwks], |r| elsewhere::first_key(r, |key| drop(key.insert("d".to_owned(), "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into()))))),
    fault("kid-is-a-number",                  "rfc7515/4.1.4/kid-string",                  "The kid of a token is a number.",                                 |p| p.redraft(Access, |d| drafted::header(d, "kid", 1))),
    fault("kid-unknown",                      "rfc7515/4.1.4/kid-matches-jwks",            "The kid of a token names no key of the set.",                     |p| p.redraft(Access, |d| drafted::header(d, "kid", "key-of-last-year"))),
    fault("login-redirected-307",             "rfc9700/4.12/no-307",                       "A failed login is sent on with 307.",                            |p| p.alter(refused::redirected)),
    fault("logins-not-throttled",             "practice/throttle/guessing-slowed",         "A password can be guessed at without end.",                      |p| p.throttling = Throttling::Off), // onaio/onadata#3127
    fault("long-password-crashes",            "rfc6749/A.16/password-chars",               "A password of more than 128 bytes brings a 500.",                 |p| p.crash = Crash::LongPassword),
    fault("long-scope-crashes",               "rfc6749/5.2/invalid-scope",                 "A scope of more than 255 characters brings a 500.",               |p| p.crash = Crash::LongScope),
    fault("lower-case-escaped-plus-is-a-space", "rfc6749/B/then-escaped",                  "%2B is a plus, and %2b is a space.",                              |p| p.misread(inputs::lower_case_plus)),
    fault("lower-case-escapes-not-decoded",   "rfc6749/B/then-escaped",                    "Escapes with lower-case digits are left as they are.",           |p| p.form.escapes = Escapes::UpperCase),
    fault("media-type-before-space-refused",  "rfc9110/8.3.1/parameters",                  "A media type with a space before its parameter is not the form's.", |p| p.misread(inputs::no_space_in_media_type)),
    fault("media-type-case-counts",           "rfc9110/8.3.1/media-type-case",             "The media type of a form has to be in lower case.",              |p| p.media_type = MediaType::LowerCase),
    fault("media-type-in-mixed-case-refused", "rfc9110/8.3.1/media-type-case",             "A media type that begins with a small letter may hold no capital.", |p| p.misread(inputs::no_capitals_behind_small_letters)),
    fault("media-type-text-html",             "rfc6749/5.1/media-type-json",               "Tokens come as text/html.",                                      |p| p.alter(|r| if r.is_issued() { header(r, &CONTENT_TYPE, "text/html; charset=utf-8") })),
    fault("member-name-with-space",           "rfc6749/A.18/param-name-chars",            "A member has a space in its name.",                                 |p| p.alter(|r| r.insert("request id", "r-1"))),
    fault("metadata-address-without-tls",     "oauth-v2-1/1.5/https",                      "The metadata have an http address.",                              |p| p.alter_at(METADATA, |r| r.insert("registration_endpoint", "http://issuer.example/register"))),
    fault("metadata-auth-methods-missing",    "rfc8414/2/auth-methods-agree",              "The metadata do not say that there is more than Basic.",          |p| p.alter_at(METADATA, |r| r.remove("token_endpoint_auth_methods_supported"))),
    fault("metadata-endpoint-elsewhere",      "rfc8414/2/token-endpoint",                  "The metadata say that the token endpoint is somewhere else.",     |p| p.alter_at(METADATA, |r| append(r, "token_endpoint", "-of-old"))),
    fault("metadata-grants-as-text",          "rfc8414/3.2/lists-as-arrays",               "The metadata list the grants in one string.",                     |p| p.alter_at(METADATA, |r| elsewhere::list_as_text(r, "grant_types_supported"))),
    fault("metadata-hide-a-grant",            "rfc8414/2/grant-types-agree",               "The metadata do not list the password grant, which works.",       |p| p.alter_at(METADATA, |r| elsewhere::unlist(r, "grant_types_supported", "password"))),
    fault("metadata-hide-basic",              "rfc8414/2/auth-methods-agree",              "The metadata do not list client_secret_basic, which works.",     |p| p.alter_at(METADATA, |r| elsewhere::unlist(r, "token_endpoint_auth_methods_supported", "client_secret_basic"))),
    fault("metadata-implicit-without-endpoint", "rfc8414/2/authorization-endpoint",        "The metadata list the implicit grant and no authorization endpoint.", |p| p.alter_at(METADATA, |r| elsewhere::list(r, "grant_types_supported", "implicit"))),
    fault("metadata-introspection-without-tls", "rfc7662/2/https",                         "The metadata name an introspection endpoint without TLS.",       |p| p.alter_at(METADATA, |r| r.insert("introspection_endpoint", "http://as.example/introspect"))),
    fault("metadata-is-html",                 "rfc8414/3.2/json-200",                      "The metadata are a page for people.",                             |p| p.alter_at(&[Metadata], |r| page(r, "text/html", "<!doctype html><title>Metadata</title>"))),
    fault("metadata-issuer-differs",          "rfc8414/3.3/issuer-identical",              "The metadata name another issuer.",                               |p| p.alter_at(&[Metadata], |r| r.insert("issuer", "https://issuer.example"))),
    fault("metadata-issuer-with-query",       "rfc8414/2/issuer",                          "The issuer of the metadata has a query.",                         |p| p.alter_at(&[Metadata], |r| append(r, "issuer", "?v=2"))),
    fault("metadata-keys-without-tls",        "rfc8414/2/jwks-uri-https",                  "The metadata name a key set without TLS.",                       |p| p.alter_at(&[Metadata], |r| r.insert("jwks_uri", "http://as.example/jwks.json"))),
    fault("metadata-kinds-differ",            "rfc9068/4/metadata-consistent",             "The two kinds of metadata name different token endpoints.",       |p| p.alter_at(&[OpenidMetadata], |r| append(r, "token_endpoint", "-of-old"))),
    fault("metadata-lies-about-grants",       "rfc8414/2/grant-types-agree",               "The metadata list a grant that nobody can have.",                 |p| p.alter_at(METADATA, |r| elsewhere::list(r, "grant_types_supported", "urn:ietf:params:oauth:grant-type:jwt-bearer"))),
    fault("metadata-revocation-auth-missing", "rfc8414/2/revocation-auth-agree",           "The metadata do not say that public clients can revoke.",         |p| p.alter_at(METADATA, |r| r.remove("revocation_endpoint_auth_methods_supported"))),
    fault("metadata-revocation-hide-basic",   "rfc8414/2/revocation-auth-agree",           "The metadata do not list client_secret_basic for revocation, which works.", |p| p.alter_at(METADATA, |r| elsewhere::unlist(r, "revocation_endpoint_auth_methods_supported", "client_secret_basic"))),
    fault("metadata-revocation-with-fragment", "rfc7009/2/no-fragment",                    "The revocation endpoint of the metadata has a fragment.",        |p| p.alter_at(METADATA, |r| if let Some(Value::String(address)) = r.member("revocation_endpoint") { address.push_str("#revoke") })),
    fault("metadata-revocation-without-tls",  "rfc7009/2/https",                           "The metadata name a revocation endpoint without TLS.",           |p| p.alter_at(METADATA, |r| r.insert("revocation_endpoint", "http://as.example/revoke"))),
    fault("metadata-signed-assertions-unexplained", "rfc8414/2/auth-signing-algs",               "The metadata list private_key_jwt and no algorithm for it.",      |p| p.alter_at(METADATA, |r| elsewhere::list(r, "token_endpoint_auth_methods_supported", "private_key_jwt"))),
    fault("metadata-with-empty-list",         "rfc8414/3.2/no-empty-lists",                "The metadata have a member without a value.",                     |p| p.alter_at(METADATA, |r| r.insert("ui_locales_supported", json!([])))),
    fault("metadata-without-jwks-uri",        "rfc9068/4/keys-published",                  "The metadata do not say where the keys are.",                     |p| p.alter_at(METADATA, |r| r.remove("jwks_uri"))),
    fault("metadata-without-response-types",  "rfc8414/2/response-types-supported",        "The metadata have no response_types_supported.",                  |p| p.alter_at(METADATA, |r| r.remove("response_types_supported"))),
    fault("metadata-without-scopes",          "rfc8414/2/scopes-supported",                "The metadata list no scope.",                                     |p| p.alter_at(METADATA, |r| r.remove("scopes_supported"))),
    fault("missing-client-called-unauthorized", "rfc6749/5.2/invalid-client-missing",      "A client that leaves its secret out is refused with unauthorized_client.", |p| p.missing_authentication = MissingAuthentication::UnauthorizedClient), // thunder-id/thunderid#4483, mosip/esignet#2260
    fault("missing-grant-type-called-unsupported", "rfc6749/5.2/invalid-request-missing",  "A request without a grant type is refused with unsupported_grant_type.", |p| p.missing = Missing::GrantTypeUnsupported),
    fault("missing-login-called-invalid-grant", "rfc6749/5.2/invalid-request-missing",     "A login without a user name or a password is refused with invalid_grant.", |p| p.missing = Missing::LoginInvalid),
    fault("missing-parameter-answered-422",   "rfc6749/5.2/status-400",                    "A request that lacks a parameter is answered with 422.",         |p| p.missing = Missing::Unprocessable),
    fault("missing-refresh-token-called-invalid-grant", "rfc6749/5.2/invalid-request-missing", "A refresh without a token is refused with invalid_grant.",   |p| p.missing = Missing::RefreshTokenInvalid),
    fault("nbf-as-string",                    "rfc7519/4.1.5/nbf-numeric",                 "nbf is a string.",                                                |p| p.redraft(Access, |d| d.set("nbf", "now"))),
    fault("nul-crashes",                      "practice/http/no-5xx",                      "A NUL in a user name or a password brings a 500.",               |p| p.crash = Crash::Nul),
    fault("only-default-scope-granted",       "rfc6749/3.3/scope-requested",               "All scopes but the default are refused.",                        |p| p.foreign_scope = ForeignScope::AllButDefaultRefused),
    fault("openid-metadata-called-html",      "oidc-discovery/4.2/json-200",               "The OpenID metadata are called HTML.",                           |p| p.alter_at(&[OpenidMetadata], |r| header(r, &CONTENT_TYPE, "text/html"))),
    fault("openid-metadata-hide-the-algorithm", "oidc-discovery/3/id-token-algs",            "The OpenID metadata do not list the algorithm of ID tokens.",     |p| p.alter_at(&[OpenidMetadata], |r| elsewhere::unlist(r, "id_token_signing_alg_values_supported", "EdDSA"))),
    fault("openid-metadata-issuer-differs",   "oidc-discovery/4.3/issuer-identical",       "The OpenID metadata name another issuer.",                        |p| p.alter_at(&[OpenidMetadata], |r| r.insert("issuer", "https://issuer.example"))),
    fault("openid-metadata-issuer-with-query", "oidc-discovery/3/issuer",                  "The issuer of the OpenID metadata has a query.",                 |p| p.alter_at(&[OpenidMetadata], |r| if let Some(Value::String(issuer)) = r.member("issuer") { issuer.push_str("?v=2") })),
    fault("openid-metadata-with-empty-list",  "oidc-discovery/4.2/no-empty-lists",         "The OpenID metadata have a member without a value.",              |p| p.alter_at(&[OpenidMetadata], |r| r.insert("ui_locales_supported", json!([])))),
    fault("openid-metadata-without-jwks-uri", "oidc-discovery/3/jwks-uri",                 "The OpenID metadata do not say where the keys are.",              |p| p.alter_at(&[OpenidMetadata], |r| r.remove("jwks_uri"))),
    fault("openid-metadata-without-rs256",    "oidc-discovery/3/rs256",                    "The OpenID metadata do not list RS256.",                          |p| p.alter_at(&[OpenidMetadata], |r| elsewhere::unlist(r, "id_token_signing_alg_values_supported", "RS256"))),
    fault("openid-metadata-without-subject-types", "oidc-discovery/3/subject-types",            "The OpenID metadata have no subject_types_supported.",            |p| p.alter_at(&[OpenidMetadata], |r| r.remove("subject_types_supported"))),
    fault("openid-metadata-without-token-endpoint", "oidc-discovery/3/token-endpoint",           "The OpenID metadata do not say where the token endpoint is.",     |p| p.alter_at(&[OpenidMetadata], |r| r.remove("token_endpoint"))),
    fault("openid-metadata-without-userinfo", "oidc-discovery/3/userinfo-endpoint",        "The OpenID metadata do not say where userinfo is.",               |p| p.alter_at(&[OpenidMetadata], |r| r.remove("userinfo_endpoint"))),
    fault("overlong-utf8-accepted",           "rfc6749/B/decode-utf-8",                    "A character may be written in more bytes than UTF-8 has for it.", |p| p.misread(inputs::overlong)),
    fault("parameter-name-with-dot-refused",  "rfc6749/3.2/unknown-ignored",               "An unknown parameter with a dot in its name is an error.",        |p| p.balk(inputs::no_dot_in_names)),
    fault("parameter-names-case-ignored",     "rfc6749/1.9/names-case-sensitive",          "Upper and lower case of a parameter's name are one.",            |p| p.parameter_names_are_exact = false),
    fault("parameters-beyond-16-refused",     "rfc6749/3.2/unknown-ignored",               "A form of more than 16 parameters is an error.",                  |p| p.balk(inputs::sixteen_parameters)),
    fault("password-behind-scope-unread",     "rfc6749/4.3.2/form-body",                   "A password that comes behind the scope is not found.",            |p| p.misread(inputs::password_before_scope)),
    fault("password-beyond-ascii-ignored",    "rfc6749/4.3.2/validate-credentials",        "What is not ASCII in a password does not count.",                |p| p.password = PasswordReading::AsciiOnly),
    fault("password-case-ignored",            "rfc6749/4.3.2/validate-credentials",        "Upper and lower case of a password are one.",                    |p| p.password = PasswordReading::CaseFolded),
    fault("password-cut-at-72-bytes",         "rfc6749/4.3.2/validate-credentials",        "A password counts up to its 72nd byte.",                         |p| p.password = PasswordReading::First72Bytes),
    fault("password-cut-at-8-characters",     "rfc6749/4.3.2/validate-credentials",        "A password counts up to its eighth character.",                  |p| p.password = PasswordReading::First8Characters),
    fault("password-cut-at-line-break",       "rfc6749/10.14/values-sanitized",            "A password ends at its first line break.",                        |p| p.misread(inputs::first_line)),
    fault("password-in-any-order-accepted",   "rfc6749/4.3.2/validate-credentials",        "The characters of a password may come in any order.",             |p| p.password = PasswordReading::AnyOrder),
    fault("password-in-query-accepted",       "rfc6749/4.3.2/form-body",                   "Parameters are read from the URI as well.",                      |p| p.query = Query::Read), // ory/hydra#160
    fault("password-injected",                "rfc6749/10.14/values-sanitized",            "A password is pasted into a query.",                                |p| p.queries_are_bound = false),
    fault("password-length-is-enough",        "rfc6749/4.3.2/validate-credentials",        "Any password of the right length is right.",                     |p| p.password = PasswordReading::LengthOnly),
    fault("password-trimmed",                 "rfc6749/4.3.2/validate-credentials",        "Spaces around a password do not count.",                         |p| p.password = PasswordReading::Trimmed),
    fault("percent-20-not-decoded",           "rfc6749/B/then-escaped",                    "A space has to be written as plus.",                             |p| p.form.escapes = Escapes::ButSpace),
    fault("plus-not-decoded",                 "rfc6749/B/then-escaped",                    "A plus in the form stays a plus.",                               |p| p.form.plus = Plus::Literal), // jhipster/generator-jhipster#1834
    fault("pragma-only-on-first-answer",      "rfc6749/5.1/pragma",                        "Only the first answer with tokens has a Pragma.",                |p| p.alter(|r| if r.occasion.granted > 1 { without(r, &PRAGMA) })),
    fault("public-clients-refused",           "rfc6749/4.3.3/granted",                     "A client without a secret is never let in.",                     |p| p.public_clients = PublicClients::Refused), // OAuth-Apis/apis#106
    fault("public-refresh-token-not-rotated", "rfc9700/4.14.2/public-client-rotation",     "A public client's refresh token stays good and no new one comes.", |p| p.refresh = Refresh::SteadyForPublic),
    fault("refresh-falls-back-to-default-scope", "rfc6749/6/scope-kept-when-omitted",      "A refresh without a scope brings the client's default.",         |p| p.refresh_scope = RefreshScope::Default),
    fault("refresh-for-another-client",       "rfc6749/6/issued-to-client",                "A client can use the refresh token of another.",                 |p| p.foreign_refresh_token = ForeignRefreshToken::Accepted), // eugenioenko/autentico#79
    fault("refresh-ignores-narrowing",        "rfc6749/5.1/scope-told-when-different",     "A refresh that asks for less gets all, and is not told.",        |p| { p.scope_told = ScopeTold::WhenDifferent; p.refresh_scope = RefreshScope::AskedIgnoredUntold }),
    fault("refresh-narrows-for-good",         "rfc6749/6/scope-same-on-rotation",          "Who asks for less once can't get the rest back.",                |p| p.refresh_scope = RefreshScope::NarrowedForGood),
    fault("refresh-refuses-any-scope",        "rfc6749/6/granted",                         "A refresh that asks for a scope is refused.",                    |p| p.refresh_scope = RefreshScope::AskedRefused),
    fault("refresh-token-as-access-token-accepted", "rfc8725/3.12/kinds-told-apart",             "A refresh token opens userinfo.",                                 |p| p.refresh_token_opens_nothing = false),
    fault("refresh-token-beyond-ascii-crashes", "rfc6749/5.2/invalid-grant",               "A character outside ASCII in a refresh token brings a 500.",      |p| p.crash = Crash::RefreshTokenBeyondAscii),
    fault("refresh-token-cut-at-64-characters", "rfc6749/6/validate-token",                "A refresh token counts up to its 64th character.",                |p| p.misread(inputs::first_64_characters)),
    fault("refresh-token-for-client-credentials", "rfc6749/4.4.3/no-refresh-token",        "A client that asks for itself gets a refresh token too.",        |p| p.clients_get_no_refresh_token = false),
    fault("refresh-token-half-checked",       "rfc6749/6/validate-token",                  "A refresh token is found by its first half, and the second is not looked at.", |p| p.refresh = Refresh::SecretIgnored),
    fault("refresh-token-not-revocable",      "rfc7009/2/refresh-token",                   "Refresh tokens are a kind that can't be revoked.",                |p| p.refresh_token_revocation = Revoking::Unsupported),
    fault("refresh-token-numbered",           "rfc6749/10.10/unguessable-160",             "A refresh token is a number and 136 random bits.",                |p| p.refresh_tokens = RefreshTokens::Numbered),
    fault("refresh-token-of-public-client-for-all", "rfc6749/6/bound-to-client",           "Any client can use the refresh token of a public one.",          |p| p.foreign_refresh_token = ForeignRefreshToken::AcceptedOfPublic),
    fault("refresh-token-shared-by-users",    "rfc6749/10.4/unguessable",                  "Everybody gets the same refresh token.",                         |p| p.refresh = Refresh::OneForAll),
    fault("refresh-token-short",              "rfc6749/10.10/unguessable-128",             "A refresh token has 64 random bits.",                             |p| p.refresh_tokens = RefreshTokens::Short),
    fault("refresh-token-with-line-breaks",   "rfc6749/A.17/refresh-token-chars",          "The refresh token goes over several lines.",                     |p| p.alter(|r| granted::line_break(r, "refresh_token"))),
    fault("refresh-tokens-count-up",          "rfc6749/10.10/unguessable-128",             "A refresh token is the one before and a little more.",            |p| p.refresh_tokens = RefreshTokens::CountedUp),
    fault("refresh-widens-scope",             "rfc6749/6/scope-not-wider",                 "A refresh grants scopes that the user did not.",                 |p| p.refresh_scope = RefreshScope::Widened),
    fault("refresh-widens-scope-later",       "rfc6749/6/scope-not-wider",                 "From the second refresh on, scopes are granted that the user did not grant.", |p| p.refresh_scope = RefreshScope::WidenedLater),
    fault("refusal-echoes-password",          "practice/secrets/no-echo",                  "A refusal brings the password back.",                            |p| p.echo = Echo::Password),
    fault("repeated-parameter-accepted",      "rfc6749/5.2/invalid-request-repeated",      "Of a repeated parameter the first value counts.",                |p| p.repeats = Repeats::First), // cloudflare/workers-oauth-provider#196, leodip/goiabada#228
    fault("repeated-scopes-joined",           "rfc6749/3.2/not-repeated",                  "Two scope parameters are one longer scope.",                     |p| p.repeats = Repeats::ScopesJoined), // keycloak/keycloak#7544
    fault("replay-ends-nothing",              "rfc9700/4.14.2/replay-revokes-active",      "A replaced refresh token is refused, and the new one stays good.", |p| p.refresh = Refresh::Forgiving),
    fault("retry-after-in-words",             "rfc9110/10.2.3/retry-after-form",           "Retry-After is neither a number nor a date.",                    |p| p.alter(|r| if r.status == StatusCode::TOO_MANY_REQUESTS { header(r, &RETRY_AFTER, "in a minute") })),
    fault("retry-after-missing",              "practice/throttle/429-retry-after",         "A 429 does not say when to come back.",                          |p| p.alter(|r| without(r, &RETRY_AFTER))),
    fault("revocation-answered-204",          "rfc7009/2.2/status-200",                    "A revocation is answered with 204.",                              |p| p.alter_at(&[Revocation], |r| if r.is_issued() { r.status = StatusCode::NO_CONTENT })),
    fault("revocation-believes-hint",         "rfc7009/2.1/hint-search",                   "Revocation looks for a token where the hint says, and nowhere else.", |p| p.revocation_hints = Hints::Believed),
    fault("revocation-error-as-text",         "rfc7009/2.2.1/error-form",                  "A revocation is refused in plain text.",                          |p| p.alter_at(&[Revocation], elsewhere::error_as_text)),
    fault("revocation-hint-beyond-ascii-refused", "rfc7009/2.2/invalid-hint-ignored",      "A hint with a character outside ASCII is an error.",              |p| p.balk_at(Revocation, inputs::ascii_hint)),
    fault("revocation-leaves-access-tokens",  "rfc7009/2.1/access-tokens-of-grant",        "The access tokens of a revoked refresh token stay good.",         |p| p.access_tokens_go_with_refresh_token = false),
    fault("revocation-leaves-refresh-token",  "rfc7009/2.1/token-invalidated",             "A refresh token stays good after it was revoked.",                |p| p.refresh_token_revocation = Revoking::Pretended),
    fault("revocation-misses-renewed-token",  "rfc7009/2.1/token-invalidated",             "A refresh token that came of a refresh stays good after it was revoked.", |p| p.refresh_token_revocation = Revoking::PretendedOnceRenewed),
    fault("revocation-odd-token-refused",     "rfc7009/2.2/invalid-token-200",             "To revoke a token with a percent sign in it is an error.",        |p| p.balk_at(Revocation, inputs::no_percent_sign)),
    fault("revocation-of-foreign-token",      "rfc7009/2.1/own-client-only",               "A client can revoke the tokens of another.",                      |p| p.revocation_minds_owner = false),
    fault("revocation-refuses-post",          "rfc7009/2.1/post-form",                     "Revocation does not take POST.",                                 |p| p.alter_at(&[Revocation], |r| r.status = StatusCode::METHOD_NOT_ALLOWED)),
    fault("revocation-token-optional",        "rfc7009/2.1/token",                         "Nothing is revoked without an error.",                            |p| p.alter_at(&[Revocation], |r| elsewhere::overlook(r, "invalid_request"))),
    fault("revocation-unknown-hint-refused",  "rfc7009/2.2/invalid-hint-ignored",          "A hint that nobody defined is an error at revocation.",           |p| p.revocation_hints = Hints::UnknownRefused),
    fault("revocation-unknown-token-error",   "rfc7009/2.2/invalid-token-200",             "To revoke a token that nobody knows is an error.",                |p| p.unknown_tokens_count_as_revoked = false),
    fault("revocation-unsupported-called-invalid-request", "rfc7009/2.2.1/unsupported-token-type", "That access tokens can't be revoked is told as invalid_request.", |p| { p.access_token_revocation = Revoking::Unsupported; p.alter_at(&[Revocation], |r| rename(r, "unsupported_token_type", "invalid_request")) }),
    fault("revocation-without-client-authentication", "rfc7009/2.1/client-authenticated",          "Everybody can revoke every token.",                               |p| p.revocation_needs_client = false),
    fault("revoked-token-still-active",       "rfc7009/2.1/token-invalidated",             "An access token stays good after it was revoked.",                |p| p.access_token_revocation = Revoking::Pretended),
    fault("right-to-left-username-crashes",   "rfc6749/A.15/username-chars",               "A character in a user name that is written from right to left brings a 500.", |p| p.crash = Crash::RightToLeftUsername),
    fault("rotated-token-dead",               "rfc6749/5.1/refresh-token-works",           "The refresh token that comes with a refresh is good for nothing.", |p| p.refresh = Refresh::DeadOnArrival),
    fault("scope-as-list",                    "rfc6749/3.3/scope-answered",                "scope is a JSON list.",                                          |p| p.alter(|r| scope(r, |tokens| tokens.into()))),
    fault("scope-case-ignored",               "rfc6749/3.3/case-sensitive",                "A scope in upper case is the one in lower case.",                |p| p.scope = ScopeReading::CaseFolded),
    fault("scope-claim-as-list",              "rfc9068/2.2.3/scope",                       "The scope claim is a list.",                                      |p| p.redraft(Access, drafted::scope_as_list)),
    fault("scope-claim-missing",              "rfc9068/2.2.3/scope",                       "The access token has no scope claim.",                            |p| p.redraft(Access, |d| d.leave_out("scope"))),
    fault("scope-ignored-untold",             "rfc6749/3.3/told-when-different",           "Whatever is asked for, the default comes and is not told.",      |p| { p.scope_told = ScopeTold::WhenDifferent; p.foreign_scope = ForeignScope::DefaultInsteadUntold }), // thephpleague/oauth2-server#793
    fault("scope-not-split",                  "rfc6749/3.3/adds-range",                    "A scope with a space in it is one scope.",                       |p| p.scope = ScopeReading::Whole), // juanifioren/django-oidc-provider#193
    fault("scope-not-told",                   "rfc6749/5.1/scope-told-when-different",     "The granted scope is never told.",                               |p| p.scope_told = ScopeTold::Never), // payprop/mojolicious-plugin-oauth2-server#7
    fault("scope-order-counts",               "rfc6749/3.3/order-free",                    "Scopes have to come in alphabetical order.",                     |p| p.scope = ScopeReading::Sorted),
    fault("scope-with-commas",                "rfc6749/3.3/space-delimited",               "scope has commas between its tokens.",                           |p| p.alter(|r| scope(r, |tokens| tokens.join(",").into()))),
    fault("scope-with-punctuation-called-invalid-request", "rfc6749/5.2/invalid-scope",    "A scope with a bracket or the like in it is refused with invalid_request.", |p| p.balk(inputs::no_punctuation_in_scopes)),
    fault("scope-with-two-spaces",            "rfc6749/3.3/scope-chars",                   "scope has two spaces between its tokens.",                       |p| { p.scope_told = ScopeTold::Always; p.alter(|r| scope(r, |tokens| tokens.join("  ").into())) }),
    fault("signature-wrong",                  "rfc7515/5.2/signature-verifies",            "The access token's signature does not hold.",                    |p| p.redraft(Access, |d| d.seal = Seal::Broken)),
    fault("signature-wrong-after-refresh",    "rfc7515/5.2/signature-verifies",            "The signature of a token that a refresh brings does not hold.",   |p| p.redraft(Access, |d| drafted::after_refresh(d, |d| d.seal = Seal::Broken))),
    fault("signature-wrong-but-at-first",     "rfc7515/5.2/signature-verifies",            "Only the first token that a workspace issues has a signature that holds.", |p| p.redraft(Access, |d| if d.occasion.granted > 1 { d.seal = Seal::Broken })),
    fault("signature-wrong-for-public-clients", "rfc7515/5.2/signature-verifies",            "The signature of a public client's token does not hold.",         |p| p.redraft(Access, |d| if d.occasion.client_is_public { d.seal = Seal::Broken })),
    fault("spaces-in-scope-crash",            "rfc6749/5.2/invalid-scope",                 "A space too many in a scope brings a 500.",                       |p| p.balk(inputs::no_empty_scope_string)),
    fault("sub-differs-after-refresh",        "rfc9068/2.2/sub-is-owner",                  "The sub of a token that a refresh brings is another user's.",     |p| p.redraft(Access, |d| drafted::after_refresh(d, |d| d.set("sub", "user-mallory")))),
    fault("sub-is-a-number",                  "rfc7519/4.1.2/sub-string",                  "sub is a number.",                                                |p| p.redraft(Access, |d| d.set("sub", 7))),
    fault("sub-missing",                      "rfc9068/2.2/sub",                           "The access token has no sub.",                                    |p| p.redraft(Access, |d| d.leave_out("sub"))),
    fault("sub-shared-by-users",              "rfc7519/4.1.2/sub-unique",                  "All users have one sub.",                                         |p| { p.redraft(Access, |d| drafted::for_users(d, |d| d.set("sub", "user"))); p.redraft(Id, |d| d.set("sub", "user")) }),
    fault("success-answered-201",             "rfc6749/5.1/status-200",                    "A granted request has status 201.",                              |p| p.alter(|r| if r.is_issued() { r.status = StatusCode::CREATED })),
    fault("success-echoes-client-secret",     "practice/secrets/no-echo",                  "An answer with tokens brings the client secret back.",           |p| p.echo = Echo::ClientSecret),
    fault("surrogate-bytes-crash",            "practice/http/no-5xx",                      "The bytes of half a surrogate pair bring a 500.",                 |p| p.balk(inputs::surrogates)),
    fault("tab-separates-scopes",             "rfc6749/3.3/space-delimited",               "White space of any kind separates scopes.",                       |p| p.scope = ScopeReading::AnySpaces),
    fault("throttled-answered-403",           "practice/throttle/429-retry-after",         "A login that has to wait is answered with 403.",                 |p| p.alter(|r| if r.status == StatusCode::TOO_MANY_REQUESTS { r.status = StatusCode::FORBIDDEN })),
    fault("throttled-answered-503",           "practice/throttle/503-retry-after",         "A login that has to wait is answered with 503 that does not say for how long.", |p| p.alter(|r| if r.status == StatusCode::TOO_MANY_REQUESTS { r.status = StatusCode::SERVICE_UNAVAILABLE; without(r, &RETRY_AFTER) })),
    fault("throttled-without-words",          "rfc6585/4/details",                         "A login that has to wait is told nothing.",                      |p| p.alter(|r| if r.status == StatusCode::TOO_MANY_REQUESTS { refused::no_body(r) })),
    fault("token-lives-for-a-day",            "rfc6750/5.3/short-lived",                   "An access token is good for a day.",                              |p| { p.redraft(Access, |d| drafted::reckon(d, "exp", |exp| exp + 82_800)); p.alter(|r| set(r, "expires_in", 86_400)) }),
    fault("token-type-as-list",               "rfc6749/5.1/strings-as-strings",           "token_type is a JSON list.",                                        |p| p.alter(|r| set(r, "token_type", vec!["Bearer"]))),
    fault("token-type-made-up",               "rfc6749/8.1/type-registered",               "token_type is one that nobody has registered.",                  |p| p.alter(|r| set(r, "token_type", "bearer_token"))),
    fault("token-type-missing-after-refresh", "rfc6749/5.1/token-type",                    "The answer to a refresh has no token_type.",                     |p| p.alter(|r| if r.occasion.is(Grant::RefreshToken) { r.remove("token_type") })),
    fault("token-type-repeated",              "rfc6749/3.2/answer-not-repeated",           "token_type is there twice.",                                     |p| p.alter(granted::token_type_twice)),
    fault("token-type-with-space",            "rfc6749/A.13/token-type-chars",             "token_type is two words.",                                       |p| p.alter(|r| set(r, "token_type", "Bearer token"))),
    fault("tokens-cross-workspaces",          "practice/tenants/token-stays-in-workspace", "A refresh token of one workspace is good in another.",            |p| p.refresh_tokens_stay_in_workspace = false),
    fault("two-authentications-accepted",     "rfc6749/5.2/invalid-request-two-methods",   "A client may authenticate by header and body at once.",          |p| p.two_authentications = TwoAuthentications::HeaderCounts), // cloudflare/workers-oauth-provider#207
    fault("typ-jwt",                          "rfc9068/2.1/typ",                           "The typ of an access token is that of an ID token.",              |p| p.redraft(Access, |d| drafted::header(d, "typ", "JWT"))),
    fault("unknown-client-called-invalid-grant", "rfc6749/5.2/invalid-client",             "An unknown client is refused with invalid_grant.",               |p| p.unknown_client = UnknownClient::InvalidGrant), // better-auth/better-auth#11176
    fault("unknown-grant-type-is-password",   "rfc6749/5.2/unsupported-grant-type",        "A grant type that the server does not know stands for password.", |p| p.grant_type = GrantTypeReading::PasswordByDefault),
    fault("unknown-parameter-refused",        "rfc6749/3.2/unknown-ignored",               "A parameter that the server does not know is an error.",         |p| p.unknown_parameters_ignored = false),
    fault("unknown-parameter-with-markup-refused", "rfc6749/3.2/unknown-ignored",          "An unknown parameter with an angle bracket in its value is an error.", |p| p.balk(inputs::no_markup)),
    fault("unknown-refresh-token-called-invalid-request", "rfc6749/5.2/invalid-grant",     "A refresh token that is not good is refused with invalid_request.", |p| p.bad_refresh_token = BadRefreshToken::InvalidRequest), // ory/fosite#418
    fault("unknown-scope-granted",            "rfc6749/5.2/invalid-scope",                 "Any scope can be had for the asking.",                           |p| p.foreign_scope = ForeignScope::Granted),
    fault("unknown-scope-left-out-untold",    "rfc6749/3.3/told-when-different",           "A scope that may not be had is left out, and the client not told.", |p| { p.scope_told = ScopeTold::WhenDifferent; p.foreign_scope = ForeignScope::LeftOutUntold }), // thephpleague/oauth2-server#1260
    fault("unknown-user-hashed-cheaply",      "practice/enumeration/same-time",            "The password for an unknown user is hashed by cheaper settings.", |p| p.nobody = Nobody::ByOldSettings), // authelia/authelia#949
    fault("unknown-user-not-hashed",          "practice/enumeration/same-time",            "An unknown user is refused without a hash.",                     |p| p.nobody = Nobody::Nothing), // authelia/authelia#949
    fault("unknown-user-told-apart",          "practice/enumeration/same-answer",          "An unknown user is refused in other words than a wrong password.", |p| p.users_look_alike = false),
    fault("unknown-users-not-throttled",      "practice/enumeration/same-answer",          "Only the names that somebody bears are throttled.",              |p| p.throttling = Throttling::KnownUsers),
    fault("unreadable-basic-crashes",         "practice/http/no-5xx",                      "Basic credentials that can't be read bring a 500.",              |p| p.crash = Crash::UnreadableBasic), // gravitee-io/issues#8501
    fault("unsupported-grant-type-called-invalid-request", "rfc6749/5.2/unsupported-grant-type", "An unknown grant type is refused with invalid_request.",   |p| p.alter(|r| rename(r, "unsupported_grant_type", "invalid_request"))),
    fault("userinfo-challenge-for-basic",     "rfc6750/3/scheme-bearer",                   "Userinfo asks for Basic instead of a bearer token.",              |p| p.alter_at(&[Userinfo], |r| challenge(r, |text| text.replacen("Bearer", "Basic", 1)))),
    fault("userinfo-challenge-with-backslash", "rfc6750/3/error-chars",                     "The challenge of userinfo holds a backslash.",                    |p| p.alter_at(&[Userinfo], |r| challenge(r, |text| text.replace("is not", r"is\\not")))),
    fault("userinfo-challenge-without-error", "rfc6750/3/error-on-failure",                "Userinfo does not say what is wrong with a token.",               |p| p.alter_at(&[Userinfo], |r| challenge(r, elsewhere::realm_alone))),
    fault("userinfo-challenge-without-parameters", "rfc6750/3/auth-params",                     "The challenge of userinfo is the name of its scheme.",            |p| p.alter_at(&[Userinfo], |r| challenge(r, |_| "Bearer".to_owned()))),
    fault("userinfo-empty-claims",            "oidc-core/5.3.2/no-null",                   "Userinfo tells null for what it does not know.",                  |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.insert("email", Value::Null) })),
    fault("userinfo-error-uri-with-spaces",   "rfc6750/3/error-uri-reference",             "error_uri in the challenge of userinfo holds spaces.",            |p| p.alter_at(&[Userinfo], |r| challenge(r, |text| format!(r#"{text}, error_uri="see the manual""#)))),
    fault("userinfo-error-without-token",     "rfc6750/3.1/no-error-without-token",        "Userinfo tells who sent no token that the token is wrong.",       |p| p.alter_at(&[Userinfo], elsewhere::error_without_token)),
    fault("userinfo-expired-accepted",        "rfc6750/3.1/invalid-token",                 "A token that has expired opens userinfo.",                        |p| p.userinfo_minds.expiry = false),
    fault("userinfo-expired-called-token-expired", "rfc6750/3.1/invalid-token",                 "A token that is not good is refused with token_expired.",         |p| p.alter_at(&[Userinfo], |r| { challenge(r, |text| text.replace("invalid_token", "token_expired")); rename(r, "invalid_token", "token_expired") })),
    fault("userinfo-get-only",                "oidc-core/5.3/get-and-post",                "Userinfo does not take POST.",                                    |p| p.userinfo_takes_post = false),
    fault("userinfo-insufficient-scope-401",  "rfc6750/3.1/insufficient-scope-403",        "A token without openid is refused with 401.",                     |p| p.alter_at(&[Userinfo], |r| status(r, "insufficient_scope", StatusCode::UNAUTHORIZED))),
    fault("userinfo-invalid-token-400",       "rfc6750/3.1/invalid-token-401",             "A token that is not good is refused with 400.",                   |p| p.alter_at(&[Userinfo], |r| status(r, "invalid_token", StatusCode::BAD_REQUEST))),
    fault("userinfo-is-plain-text",           "oidc-core/5.3.2/media-type",                "Userinfo calls its JSON plain text.",                             |p| p.alter_at(&[Userinfo], |r| header(r, &CONTENT_TYPE, "text/plain"))),
    fault("userinfo-is-text-in-json",         "oidc-core/5.3.2/json",                      "Userinfo is a JSON text and no object.",                         |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { page(r, "application/json", "\"user-alice\"") })),
    fault("userinfo-opens-to-nobody",         "rfc6750/2.1/header-supported",              "Userinfo finds no token in the header.",                         |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.status = StatusCode::UNAUTHORIZED })),
    fault("userinfo-other-workspace-accepted", "practice/tenants/token-stays-in-workspace", "A token of another workspace opens userinfo.",                    |p| p.userinfo_minds.issuer = false),
    fault("userinfo-query-answer-cached",     "rfc6750/2.3/query-answer-private",          "Userinfo takes a token from the URI, and the answer may be cached.", |p| { p.userinfo_ignores_query = false; p.alter_at(&[Userinfo], |r| without(r, &CACHE_CONTROL)) }),
    fault("userinfo-realm-twice",             "rfc6750/3/param-once",                      "The challenge of userinfo has two realms.",                       |p| p.alter_at(&[Userinfo], |r| challenge(r, |text| text.replacen("realm=", r#"realm="userinfo", realm="#, 1)))),
    fault("userinfo-revoked-accepted",        "rfc6750/3.1/invalid-token",                 "A token that was revoked opens userinfo.",                        |p| p.userinfo_minds.revocation = false),
    fault("userinfo-scope-unchecked",         "practice/userinfo/openid-needed",           "A token without openid opens userinfo.",                          |p| p.userinfo_minds_scope = false),
    fault("userinfo-scope-with-two-spaces",   "rfc6750/3/scope-chars",                     "scope in the challenge of userinfo has two spaces in a row.",     |p| p.alter_at(&[Userinfo], |r| challenge(r, |text| text.replace(r#"scope="openid""#, r#"scope="openid  profile""#)))),
    fault("userinfo-signature-unchecked",     "rfc8725/3.3/signature-validated",           "A token whose signature fails opens userinfo.",                   |p| p.userinfo_minds.signature = false),
    fault("userinfo-sub-differs",             "oidc-core/5.3.2/sub-same",                  "The sub of userinfo is not that of the ID token.",                |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.insert("sub", "alice@example.com") })),
    fault("userinfo-sub-missing",             "oidc-core/5.3.2/sub",                       "Userinfo has no sub.",                                            |p| p.alter_at(&[Userinfo], |r| { r.remove("sub"); if r.is_issued() { r.insert("name", "Alice") } })),
    fault("userinfo-token-cut",               "rfc6750/3.1/invalid-token",                 "What stands behind a tilde in a token does not count.",           |p| p.misread_at(Userinfo, inputs::bearer_before_tilde)),
    fault("userinfo-token-in-query-accepted", "oauth-v2-1/5.1/query-ignored",              "A token in the URI opens userinfo.",                              |p| p.userinfo_ignores_query = false),
    fault("userinfo-token-with-plus-crashes", "rfc6750/3.1/invalid-token-401",                 "A plus in a token brings a 500.",                                 |p| p.balk_at(Userinfo, inputs::bearer_with_plus)),
    fault("userinfo-two-tokens-accepted",     "rfc6750/3.1/invalid-request-400",           "Of two tokens in one request the first counts.",                  |p| p.userinfo_takes_one_token = false),
    fault("userinfo-verified-as-string",      "oidc-core/5.1/booleans",                    "Userinfo tells email_verified as a string.",                      |p| p.alter_at(&[Userinfo], |r| if r.is_issued() { r.insert("email_verified", "true") })),
    fault("userinfo-without-challenge",       "rfc6750/3/challenge",                       "Userinfo refuses without a challenge.",                           |p| p.alter_at(&[Userinfo], |r| without(r, &WWW_AUTHENTICATE))),
    fault("username-cut-at-nul",              "rfc6749/10.14/values-sanitized",            "A user name ends at its first NUL.",                                |p| p.username = UsernameReading::UpToNul),
    fault("username-trimmed",                 "practice/credentials/username-exact",       "Spaces around a user name do not count.",                        |p| p.username = UsernameReading::Trimmed),
    fault("username-widthless-ignored",       "practice/credentials/username-exact",       "Characters without a width do not count in a user name.",         |p| p.username = UsernameReading::WidthlessIgnored),
    fault("utf8-password-crashes",            "rfc6749/4.3.2/utf-8",                       "A character outside ASCII in a password brings a 500.",          |p| p.crash = Crash::PasswordBeyondAscii),
    fault("wildcard-taken-literally",         "rfc6749/3.3/scope-requested",               "A scope that is registered by a wildcard can't be had by its name.", |p| p.wildcards_admit = false),
    fault("workspaces-share-clients",         "practice/tenants/client-stays-in-workspace", "A client of one workspace is one of every other.",                |p| p.clients_stay_in_workspace = false),
    fault("workspaces-share-users",           "practice/tenants/user-stays-in-workspace",  "A user of one workspace can log in at another.",                  |p| p.users_stay_in_workspace = false),
    fault("wrong-method-answered-200",        "rfc9110/9.3.7/options-allow",              "A method that is not allowed is answered with 200 and nothing about it.", |p| p.alter(refused::wrong_method_answered_200)),
    fault("wrong-method-crashes",             "rfc9110/9.1/405-when-not-allowed",          "Any method but POST brings a 500.",                              |p| p.crash = Crash::WrongMethod),
    fault("wrong-password-crashes",           "rfc6749/5.2/status-400",                    "A wrong password brings a 500.",                                 |p| p.crash = Crash::WrongPassword), // ory/fosite#582
];

/// The faults of all three tables.
pub fn every_fault() -> impl Iterator<Item = &'static Fault> {
    FAULTS.iter().chain(FAULTS_IN_A_RACE).chain(FAULTS_UNDER_LOAD)
}

/// Both kinds of metadata.
const METADATA: &[Endpoint] = &[Metadata, OpenidMetadata];

const fn fault(id: &'static str, breaks: &'static str, says: &'static str, how: fn(&mut Policy)) -> Fault {
    Fault { id, breaks, says, how }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_says_something() {
        for table in [FAULTS, FAULTS_IN_A_RACE, FAULTS_UNDER_LOAD] {
            assert!(table.is_sorted_by(|a, b| a.id < b.id));
        }
        for fault in every_fault() {
            assert_eq!(every_fault().filter(|other| other.id == fault.id).count(), 1, "{}", fault.id);
            assert_eq!(fault.breaks.split('/').count(), 3, "{}", fault.id);
            assert!(fault.says.ends_with('.'), "{}", fault.id);
        }
    }
}
