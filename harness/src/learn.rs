//! What a server is and offers, learned before any case: its endpoints, its keys, its first good answers.

use bytes::Bytes;
use http::{Method, Request};
use ropcheck_reports::record::{self, Event, Heard};
use url::Url;

use crate::drawn::Drawn;
use crate::embedded::StartError;
use crate::json::Members;
use crate::library::Library;
use crate::lint::Tally;
use crate::pace::Pace;
use crate::plan::{Offers, Plan, Skip, plan_base};
use crate::recorder;
use crate::scenario::{Capability, Endpoint};
use crate::target::{Endpoints, Target};
use crate::walk::{Ground, Start, Walked, walk};
use crate::wire::{Wire, WireError};
use crate::witness::{Keys, witness};

/// Why nothing can be judged.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// The embedded server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No client could be made for the target.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The issuer's metadata tell no token endpoint.
    #[error("could not find the token endpoint of {issuer}: {why}; give `token_endpoint` in the target file")]
    NotDiscovered {
        /// The issuer.
        issuer: String,
        /// What came instead.
        why: String,
    },
    /// The metadata are of another server than the token endpoint, or one of the two is mistaken.
    #[error(
        "the metadata of {issuer} name the token endpoint {told}, and the target file names {given}: correct `token_endpoint` or `issuer`; where both are right the server breaks rfc8414/2/token-endpoint, and the rest is judged without `issuer`"
    )]
    Elsewhere {
        /// The issuer.
        issuer: String,
        /// The token endpoint of its metadata.
        told: String,
        /// The token endpoint of the target file.
        given: String,
    },
    /// No answer came.
    #[error("{endpoint} does not answer: {why}")]
    Silent {
        /// The token endpoint.
        endpoint: String,
        /// Why.
        why: String,
    },
    /// The good login was refused.
    #[error(transparent)]
    Refused(#[from] Box<Refused>),
    /// The target file has not what a login takes.
    #[error("no good login can be made: {0}")]
    NoLogin(String),
}

/// A good login that was refused, with what was sent and heard.
#[derive(Debug, thiserror::Error)]
#[error("the good login of user `{user}` by client `{client}` at {endpoint} was answered with {answer}: {remedy}")]
pub struct Refused {
    /// The token endpoint.
    pub endpoint: String,
    /// The client's name in the target file.
    pub client: String,
    /// The user's name in the target file.
    pub user: String,
    /// The answer in few words.
    pub answer: String,
    /// What in the target file is the likeliest cause.
    pub remedy: String,
    /// The exchange, as the record keeps it.
    pub exchanges: Vec<Event>,
}

impl NotReady {
    /// What was sent and heard before it was known, as the record keeps it.
    pub fn exchanges(&self) -> &[Event] {
        match self {
            Self::Refused(refused) => &refused.exchanges,
            Self::Start(_)
            | Self::Wire(_)
            | Self::NotDiscovered { .. }
            | Self::Elsewhere { .. }
            | Self::Silent { .. }
            | Self::NoLogin(_) => &[],
        }
    }
}

/// Every capability that can be learned.
pub const CAPABILITIES: [Capability; 12] = [
    Capability::RefreshToken,
    Capability::IdToken,
    Capability::JwtAccessToken,
    Capability::Rfc9068,
    Capability::ClientCredentials,
    Capability::Jwks,
    Capability::Metadata,
    Capability::OpenidMetadata,
    Capability::Introspection,
    Capability::Revocation,
    Capability::Userinfo,
    Capability::Neighbour,
];

/// What was learned.
#[derive(Debug)]
pub struct Learned {
    /// What the server offers, its target file having the last word.
    pub offers: Offers,
    /// The first good requests as events of a record.
    pub events: Vec<Event>,
    /// What the lints counted over their answers.
    pub tally: Tally,
}

impl Learned {
    /// The algorithm that signs its access tokens, where they are JWTs.
    pub fn token_alg(&self) -> Option<String> {
        let answers = self.events.iter().filter_map(|event| match event {
            Event::Exchange(record::Exchange { answer: Heard::Answer(answer), .. }) => Some(answer),
            _ => None,
        });
        let mut tokens = answers.flat_map(|answer| &answer.tokens).filter(|token| token.member == "access_token");
        let alg = tokens.find_map(|token| token.jwt.as_ref()?.header.get("alg")?.as_str());
        alg.map(str::to_owned)
    }
}

/// Fills in what the server's metadata tell (RFC 8414 section 3, then OpenID Connect Discovery section 4), and its neighbour's.
///
/// # Errors
/// No token endpoint is known by then, or another than the target file names.
pub async fn discover(target: &mut Target, wire: &Wire, pace: &Pace) -> Result<(), NotReady> {
    let told = complete(&mut target.endpoints, wire, pace).await;
    if let Some(neighbour) = &mut target.neighbour {
        // What it does not tell stays unknown; its own token endpoint is not judged.
        drop(complete(neighbour, wire, pace).await);
    }
    let issuer = target.endpoints.issuer.clone().unwrap_or_default();
    match (&target.endpoints.token, told) {
        // What is learned from these metadata, or from that endpoint, would be held against another server.
        (Some(given), Ok(told)) if Url::parse(&told).as_ref() != Ok(given) => {
            Err(NotReady::Elsewhere { issuer, told, given: given.to_string() })
        }
        (Some(_), _) => Ok(()),
        (None, Ok(told)) => Err(NotReady::NotDiscovered { issuer, why: format!("`{told}` is no URL") }),
        (None, Err(why)) => Err(NotReady::NotDiscovered { issuer, why }),
    }
}

/// Reads the metadata and forgets where none stand. Returns the token endpoint that they name, or why they name none.
async fn complete(endpoints: &mut Endpoints, wire: &Wire, pace: &Pace) -> Result<String, String> {
    let mut why = String::from("the target file names no place for metadata");
    let mut all = Vec::new();
    for place in [&mut endpoints.metadata, &mut endpoints.openid_metadata] {
        let Some(url) = place else { continue };
        match get(url, wire, pace).await {
            Ok(members) => all.push(members),
            Err(reason) => {
                why = reason;
                *place = None;
            }
        }
    }
    let mut told = Err(why);
    for members in all {
        let places = [
            ("token_endpoint", &mut endpoints.token),
            ("jwks_uri", &mut endpoints.jwks),
            ("introspection_endpoint", &mut endpoints.introspection),
            ("revocation_endpoint", &mut endpoints.revocation),
            ("userinfo_endpoint", &mut endpoints.userinfo),
        ];
        for (name, place) in places {
            let told = || members.text(name).and_then(|text| Url::parse(&text).ok());
            *place = place.take().or_else(told);
        }
        let named = members.text("token_endpoint").ok_or_else(|| "its metadata name no token_endpoint".to_owned());
        told = if told.is_ok() { told } else { named };
    }
    told
}

/// The keys of the server's key set (RFC 7517 section 5), or the reason why there is none.
pub async fn key_set(target: &Target, wire: &Wire, pace: &Pace) -> Result<Vec<serde_json::Value>, String> {
    let url = target.endpoints.jwks.as_ref().ok_or("the target file and the metadata name no jwks_uri")?;
    let members = get(url, wire, pace).await?;
    let keys = members.raw("keys").ok_or("the key set has no `keys`")?;
    serde_json::from_str(keys).map_err(|why| format!("the key set can't be read: {why}"))
}

async fn get(url: &Url, wire: &Wire, pace: &Pace) -> Result<Members, String> {
    let request = Request::builder()
        .method(Method::GET)
        .uri(url.as_str())
        .header("accept", "application/json")
        .body(Bytes::new());
    let request = request.map_err(|why| format!("{url} can't be fetched: {why}"))?;
    let _turn = pace.turn(wire).await;
    let raw = wire.send(request).await.raw.map_err(|silence| format!("{url}: {silence}"))?;
    if raw.status != 200 {
        return Err(format!("{url} was answered with status {}", raw.status));
    }
    Members::parse(&raw.body).map_err(|why| format!("{url} is no JSON object: {why}"))
}

/// The good requests that teach, and what each teaches when it is granted.
pub(crate) const LESSONS: [&str; 3] = ["good-login", "good-login-openid", "good-client-credentials"];

/// Sends the first good requests and learns from their answers.
///
/// # Errors
/// The target file has not what a login takes, no answer comes, or the good login is refused.
pub async fn learn(library: &Library, target: &Target, keys: &Keys, on: &Ground) -> Result<Learned, NotReady> {
    let mut learned = Learned { offers: Offers::new(), events: vec![], tally: Tally::default() };
    let all = CAPABILITIES.into_iter().collect();
    for lesson in LESSONS {
        let plan = match plan_base(lesson, library, target, &all) {
            Ok(plan) => plan,
            Err(Skip(why)) if lesson == LESSONS[0] => return Err(NotReady::NoLogin(why)),
            Err(Skip(_)) => continue,
        };
        let mut walked = walk(&plan, &Drawn::none(), Start::Now, on).await;
        witness(&plan, &mut walked, keys);
        if lesson == LESSONS[0] {
            granted(&plan, &walked, target)?;
        }
        learned.take(lesson, &walked);
        learned.tally.walked(&plan, &walked);
        recorder::exchanges(&plan, &walked, &mut |exchange| learned.events.push(Event::Exchange(exchange)));
    }
    learned.offers.extend(keys.has_set().then_some(Capability::Jwks));
    for (endpoint, capability) in [
        (Endpoint::Metadata, Capability::Metadata),
        (Endpoint::OpenidMetadata, Capability::OpenidMetadata),
        (Endpoint::Introspection, Capability::Introspection),
        (Endpoint::Revocation, Capability::Revocation),
        (Endpoint::Userinfo, Capability::Userinfo),
    ] {
        learned.offers.extend(target.endpoints.of(endpoint).map(|_| capability));
    }
    learned.offers.extend(target.neighbour.as_ref().map(|_| Capability::Neighbour));
    for (capability, offered) in &target.offers {
        if *offered {
            learned.offers.insert(*capability);
        } else {
            learned.offers.remove(capability);
        }
    }
    Ok(learned)
}

impl Learned {
    fn take(&mut self, lesson: &str, walked: &Walked) {
        let Some(answer) = walked.answer(walked.steps.len().saturating_sub(1)) else { return };
        let by_user = lesson != "good-client-credentials";
        let jwt = answer.token("access_token").and_then(|token| token.jwt.as_ref());
        // RFC 9068 section 2.1: the type, with or without its tree, in any case.
        let typ = jwt.and_then(|jwt| jwt.header.get("typ")?.as_str()).map(str::to_ascii_lowercase);
        let lessons = [
            (Capability::RefreshToken, by_user && answer.carries("refresh_token")),
            (Capability::IdToken, answer.carries("id_token")),
            (Capability::JwtAccessToken, jwt.is_some()),
            (Capability::Rfc9068, typ.is_some_and(|typ| typ.trim_start_matches("application/") == "at+jwt")),
            (Capability::ClientCredentials, !by_user && answer.grants()),
        ];
        self.offers.extend(lessons.into_iter().filter_map(|(capability, seen)| seen.then_some(capability)));
    }
}

/// A refusal of the good login is the target file's matter; an odd answer to it is the server's, and is judged.
fn granted(plan: &Plan, walked: &Walked, target: &Target) -> Result<(), NotReady> {
    let endpoint = target.endpoints.token.as_ref().map(Url::to_string).unwrap_or_default();
    match walked.exchanges.last().map(|exchange| &exchange.heard) {
        Some(Ok(answer)) if answer.grants() || (200..300).contains(&answer.status) => Ok(()),
        Some(Ok(answer)) => {
            let client = target.client("default").map(|client| client.name.clone()).unwrap_or_default();
            let user = target.user("known").map(|user| user.name.clone()).unwrap_or_default();
            let remedy = remedy(answer.status, answer.error().as_deref(), &client, &user);
            let mut exchanges = Vec::new();
            recorder::exchanges(plan, walked, &mut |exchange| exchanges.push(Event::Exchange(exchange)));
            let answer = answer.in_few_words();
            Err(Box::new(Refused { endpoint, client, user, answer, remedy, exchanges }).into())
        }
        Some(Err(silence)) => Err(NotReady::Silent { endpoint, why: silence.to_string() }),
        None => Err(NotReady::Silent { endpoint, why: "nothing was sent".to_owned() }),
    }
}

/// What a good login was answered with and what to do about it, where it was refused.
pub(crate) fn refusal(plan: &Plan, walked: &Walked, target: &Target) -> Option<String> {
    match granted(plan, walked, target).err()? {
        NotReady::Refused(refused) => Some(format!("{}: {}", refused.answer, refused.remedy)),
        other => Some(other.to_string()),
    }
}

/// What in the target file is the likeliest cause of a refusal, by its error code (RFC 6749 section 5.2) or else its status.
fn remedy(status: u16, error: Option<&str>, client: &str, user: &str) -> String {
    match (error, status) {
        (Some("invalid_client"), _) | (None, 401) => format!("check `id`, `secret` and `auth` of client `{client}`"),
        (Some("invalid_grant"), _) => format!("check `username` and `password` of user `{user}`"),
        (Some("invalid_scope"), _) => format!("check `scopes`, which client `{client}` must be allowed to ask for"),
        (Some("unauthorized_client"), _) => {
            format!("client `{client}` may not use the password grant: name one that may, or allow it at the server")
        }
        (Some("unsupported_grant_type"), _) => {
            "the server does not offer the password grant: enable it there".to_owned()
        }
        (_, 429) => "the server throttles: wait before the next run".to_owned(),
        (_, 500..) => "the server itself failed: its log tells more".to_owned(),
        (None, 300..=399 | 404 | 405) => "check the address of the token endpoint".to_owned(),
        _ => format!("check client `{client}`, user `{user}`, `scopes` and `extra`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_what_to_look_at_first() {
        for (status, error, says) in [
            (401, Some("invalid_client"), "`id`, `secret` and `auth` of client `web`"),
            (401, None, "`id`, `secret` and `auth` of client `web`"),
            (400, Some("invalid_grant"), "`username` and `password` of user `alice`"),
            (400, Some("invalid_scope"), "`scopes`"),
            (400, Some("unauthorized_client"), "may not use the password grant"),
            (400, Some("unsupported_grant_type"), "does not offer the password grant"),
            (404, None, "address of the token endpoint"),
            (429, Some("slow_down"), "wait"),
            (502, None, "its log"),
            (400, Some("invalid_request"), "`extra`"),
        ] {
            let told = remedy(status, error, "web", "alice");
            assert!(told.contains(says), "{status} {error:?}: {told}");
        }
    }
}
