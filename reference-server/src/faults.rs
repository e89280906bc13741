//! The ways in which the server can be wrong, a line each.

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::policy::{AbsentScope, BadRefreshToken, Crash, ForeignScope, PasswordReading, Plus, Policy, ScopeTold};
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
    fault("any-client-secret-accepted",       "rfc6749/5.2/invalid-client",                "Every client secret is taken for the right one.",                |p| p.client_secret_checked = false),
    fault("any-grant-for-any-client",         "rfc6749/5.2/unauthorized-client",           "A client may use grants that it is not registered for.",         |p| p.client_grants_checked = false),
    fault("audience-missing",                 "rfc9068/2.2/aud",                           "The access token has no aud.",                                   |p| p.audience_named = false),
    fault("basic-client-refused-400",         "rfc6749/5.2/status-401-with-basic",         "Failed Basic authentication is answered with 400.",              |p| p.alter(basic_client_refused_400)),
    fault("basic-not-form-decoded",           "rfc6749/2.3.1/basic-form-encoded",          "Basic credentials are taken without undoing their form encoding.", |p| p.basic_is_form_decoded = false),
    fault("basic-split-at-last-colon",        "rfc7617/2/first-colon",                     "The last colon of Basic credentials ends the client identifier.", |p| p.basic_ends_id_at_first_colon = false),
    fault("cache-control-missing-on-errors",  "practice/http/no-store-on-errors",          "A refusal may be cached.",                                       |p| p.alter(|r| if !r.is_issued() { without(r, &CACHE_CONTROL) })),
    fault("cache-control-missing-on-success", "rfc6749/5.1/no-store",                      "An answer with tokens may be cached.",                           |p| p.alter(|r| if r.is_issued() { without(r, &CACHE_CONTROL) })),
    fault("challenge-missing",                "rfc6749/5.2/challenge-matches-scheme",      "A 401 has no WWW-Authenticate.",                                 |p| p.alter(|r| without(r, &WWW_AUTHENTICATE))),
    fault("description-with-quotes",          "rfc6749/5.2/error-description-chars",       "error_description holds double quotes.",                         |p| p.alter(description_with_quotes)),
    fault("disabled-user-let-in",             "rfc6749/4.3.2/validate-credentials",        "The password of a disabled account still opens it.",             |p| p.disabled_users_refused = false),
    fault("emoji-password-crashes",           "rfc6749/A.16/password-chars",               "A character of four UTF-8 bytes in a password brings a 500.",    |p| p.crash = Crash::BeyondThreeBytes),
    fault("empty-parameter-counts",           "rfc6749/3.2/empty-is-omitted",              "A parameter without a value counts as sent.",                    |p| p.empty_is_absent = false),
    fault("error-code-invented",              "rfc6749/5.2/error-code-listed",             "invalid_grant is called invalid_credentials.",                   |p| p.alter(|r| rename(r, "invalid_grant", "invalid_credentials"))),
    fault("error-page-is-html",               "rfc6749/5.2/media-type-json",               "A refusal is a page for people.",                                |p| p.alter(error_page_is_html)),
    fault("expired-refresh-token-accepted",   "rfc6749/6/validate-token",                  "A refresh token works beyond its lifetime.",                     |p| p.refresh_expires = false),
    fault("expires-in-as-string",             "rfc6749/5.1/expires-in-number",             "expires_in is a JSON string.",                                   |p| p.alter(expires_in_as_string)),
    fault("expires-in-milliseconds",          "rfc6749/5.1/expires-in-seconds",            "expires_in counts milliseconds.",                                |p| p.alter(expires_in_milliseconds)),
    fault("get-accepted",                     "rfc6749/3.2/post",                          "A token can be had with GET.",                                   |p| p.post_only = false),
    fault("id-token-missing",                 "practice/id-token/with-openid",             "openid is granted and no ID token comes.",                       |p| p.alter(|r| r.remove("id_token"))),
    fault("invalid-grant-answered-401",       "rfc6749/5.2/status-400",                    "invalid_grant has status 401.",                                  |p| p.alter(invalid_grant_answered_401)),
    fault("invalid-scope-called-invalid-request", "rfc6749/5.2/invalid-scope",             "A scope that may not be had is refused with invalid_request.",   |p| p.alter(|r| rename(r, "invalid_scope", "invalid_request"))),
    fault("logins-not-throttled",             "rfc6749/4.3.2/brute-force",                 "A password can be guessed at without end.",                      |p| p.logins_throttled = false),
    fault("password-case-ignored",            "rfc6749/4.3.2/validate-credentials",        "Upper and lower case of a password are one.",                    |p| p.password = PasswordReading::CaseFolded),
    fault("password-cut-at-72-bytes",         "rfc6749/4.3.2/validate-credentials",        "A password counts up to its 72nd byte.",                         |p| p.password = PasswordReading::First72Bytes),
    fault("password-in-query-accepted",       "rfc6749/4.3.2/form-body",                   "Parameters are read from the URI as well.",                      |p| p.query_is_not_read = false),
    fault("password-length-is-enough",        "rfc6749/4.3.2/validate-credentials",        "Any password of the right length is right.",                     |p| p.password = PasswordReading::LengthOnly),
    fault("password-trimmed",                 "rfc6749/4.3.2/validate-credentials",        "Spaces around a password do not count.",                         |p| p.password = PasswordReading::Trimmed),
    fault("plus-not-decoded",                 "rfc6749/B/then-escaped",                    "A plus in the form stays a plus.",                               |p| p.plus = Plus::Literal),
    fault("pragma-missing",                   "rfc6749/5.1/pragma",                        "An answer has no Pragma.",                                       |p| p.alter(|r| without(r, &PRAGMA))),
    fault("refresh-for-another-client",       "rfc6749/6/issued-to-client",                "A client can use the refresh token of another.",                 |p| p.refresh_is_bound_to_client = false),
    fault("refresh-widens-scope",             "rfc6749/6/scope-not-wider",                 "A refresh grants scopes that the user did not.",                 |p| p.refresh_stays_within_scope = false),
    fault("repeated-parameter-accepted",      "rfc6749/5.2/invalid-request-repeated",      "Of a repeated parameter the first value counts.",                |p| p.parameters_once = false),
    fault("retry-after-missing",              "practice/throttle/429-retry-after",         "A 429 does not say when to come back.",                          |p| p.alter(|r| without(r, &RETRY_AFTER))),
    fault("scope-not-told",                   "rfc6749/5.1/scope-told-when-different",     "The granted scope is never told.",                               |p| p.scope_told = ScopeTold::Never),
    fault("signature-wrong",                  "rfc7515/5.2/signature-verifies",            "The access token's signature does not hold.",                    |p| p.alter(signature_wrong)),
    fault("token-type-missing",               "rfc6749/5.1/token-type",                    "A granted request's answer has no token_type.",                  |p| p.alter(|r| r.remove("token_type"))),
    fault("two-authentications-accepted",     "rfc6749/5.2/invalid-request-two-methods",   "A client may authenticate by header and body at once.",          |p| p.one_client_authentication = false),
    fault("unknown-parameter-refused",        "rfc6749/3.2/unknown-ignored",               "A parameter that the server does not know is an error.",         |p| p.unknown_parameters_ignored = false),
    fault("unknown-refresh-token-called-invalid-request", "rfc6749/5.2/invalid-grant",     "A refresh token that is not good is refused with invalid_request.", |p| p.bad_refresh_token = BadRefreshToken::InvalidRequest),
    fault("unknown-scope-granted",            "rfc6749/5.2/invalid-scope",                 "Any scope can be had for the asking.",                           |p| p.foreign_scope = ForeignScope::Granted),
    fault("unknown-user-told-apart",          "practice/enumeration/same-answer",          "An unknown user is refused in other words than a wrong password.", |p| p.users_look_alike = false),
    fault("unsupported-grant-type-called-invalid-request", "rfc6749/5.2/unsupported-grant-type", "An unknown grant type is refused with invalid_request.",   |p| p.alter(|r| rename(r, "unsupported_grant_type", "invalid_request"))),
    fault("username-trimmed",                 "practice/credentials/username-exact",       "Spaces around a user name do not count.",                        |p| p.username_is_exact = false),
    fault("utf8-password-crashes",            "rfc6749/4.3.2/utf-8",                       "A character outside ASCII in a password brings a 500.",          |p| p.crash = Crash::BeyondAscii),
];

const fn fault(id: &'static str, breaks: &'static str, says: &'static str, how: fn(&mut Policy)) -> Fault {
    Fault { id, breaks, says, how }
}

fn without(reply: &mut Reply, header: &HeaderName) {
    reply.headers.remove(header);
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

/// Replaces the first character of the signature: the last one of 64 bytes carries bits that some decoders ignore.
fn signature_wrong(reply: &mut Reply) {
    if let Some(Value::String(jwt)) = reply.member("access_token")
        && let Some(dot) = jwt.rfind('.')
    {
        let other = if jwt[dot + 1..].starts_with('A') { "B" } else { "A" };
        jwt.replace_range(dot + 1..dot + 2, other);
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
