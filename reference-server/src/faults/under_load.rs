//! The ways of being wrong that no single exchange shows: it takes requests that come at once, or very many.

use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::Map;

use super::{Fault, drafted, fault};
use crate::altered::{page, set, without};
use crate::keys::Kind::Access;
use crate::policy::{Refresh, RefreshTokens, Simultaneous};
use crate::reply::{Content, Reply};

/// Faults that several uses of one refresh token at once can show, sorted by their ids.
#[rustfmt::skip]
pub const FAULTS_IN_A_RACE: &[Fault] = &[
    fault("simultaneous-refresh-crashes",   "rfc6749/6/refused",                    "Of several refreshes by one token at once all but one bring a 500.",            |p| p.simultaneous = Simultaneous::OthersCrash),
    fault("simultaneous-refresh-ends-all",  "rfc6749/5.1/refresh-token-works",      "A replay is refused and no more, but replays at once end what was won.",        |p| { p.refresh = Refresh::Forgiving; p.simultaneous = Simultaneous::OthersEndAll }),
    fault("simultaneous-refresh-none-wins", "rfc6749/6/granted",                    "Of several refreshes by one token at once none is granted.",                    |p| p.simultaneous = Simultaneous::NoneWins),
    fault("simultaneous-refresh-twins",     "rfc7519/4.1.7/jti-unique",             "Several refreshes by one token at once all win, access tokens of one jti.",     |p| { p.refresh_tokens = RefreshTokens::Derived; p.simultaneous = Simultaneous::EachWinsTheSame; p.redraft(Access, |d| d.set("grant", d.occasion.granted)) }),
    fault("simultaneous-refresh-wins-all",  "rfc9700/4.14.2/replay-revokes-active", "Several refreshes by one token at once all win, each a token that stays good.", |p| p.simultaneous = Simultaneous::EachWins),
];

/// Faults that hundreds of answers can show, held against each other, sorted by their ids.
#[rustfmt::skip]
pub const FAULTS_UNDER_LOAD: &[Fault] = &[
    fault("access-token-twice-at-times",    "rfc6749/10.3/unguessable",             "Every hundredth grant of a workspace brings the same access token.",            |p| p.alter(|r| at_times(r, |r| set(r, "access_token", "not-much-of-a-token")))),
    fault("busy-answer-cacheable",          "practice/http/no-store-on-errors",     "Every hundredth grant ends in a 503 that may be cached.",                       |p| p.alter(|r| at_times(r, |r| { busy(r, StatusCode::SERVICE_UNAVAILABLE); without(r, &CACHE_CONTROL) }))),
    fault("busy-answer-without-retry-after", "practice/throttle/429-retry-after",   "Every hundredth grant ends in a 429 that does not say when to come back.",      |p| p.alter(|r| at_times(r, |r| { busy(r, StatusCode::TOO_MANY_REQUESTS); without(r, &RETRY_AFTER) }))),
    fault("error-with-status-200-at-times", "rfc6749/5.2/status-400",               "Every hundredth grant ends in an error with status 200.",                       |p| p.alter(|r| at_times(r, |r| busy(r, StatusCode::OK)))),
    fault("jti-counter-wraps",              "rfc7519/4.1.7/jti-unique",             "The jti is a counter that begins again after 512 grants of a workspace.",       |p| p.redraft(Access, |d| d.set("jti", (d.occasion.granted % 512).to_string()))),
    fault("page-with-status-502-at-times",  "practice/http/failures-as-errors",     "Every hundredth grant ends in a page for people with status 502.",              |p| p.alter(|r| at_times(r, bad_gateway))),
    fault("refresh-token-twice-at-times",   "rfc6749/10.4/unguessable",             "Every hundredth grant of a workspace brings the same refresh token.",           |p| p.alter(|r| at_times(r, |r| set(r, "refresh_token", "not-much-of-a-token")))),
    fault("token-of-another-at-times",      "rfc9068/2.2/sub-is-owner",             "The sub of every hundredth access token is another user's.",                    |p| p.redraft(Access, |d| if d.occasion.is_every(MANY) { drafted::for_users(d, |d| d.set("sub", "user-mallory")) })),
];

/// What goes wrong at times does so once in so many grants of a workspace.
const MANY: u64 = 100;

fn at_times(reply: &mut Reply, how: fn(&mut Reply)) {
    if reply.occasion.is_every(MANY) {
        how(reply);
    }
}

/// An error in place of the tokens, right but for its status.
fn busy(reply: &mut Reply, status: StatusCode) {
    let mut members = Map::new();
    members.insert("error".to_owned(), "temporarily_unavailable".into());
    reply.content = Content::Members(members);
    reply.status = status;
    reply.headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
}

fn bad_gateway(reply: &mut Reply) {
    page(reply, "text/html", "<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>");
    reply.status = StatusCode::BAD_GATEWAY;
}
