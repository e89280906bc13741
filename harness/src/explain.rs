//! What authors write, in words: who asks what, and what is expected of the answer.
//!
//! Every kind and every key is taken apart whole, so that a new one has to be put in words before it compiles.

mod check;
mod send;
mod strategy;

pub use self::check::{alternatives, check, checks};
pub use self::send::send;
pub use self::strategy::strategy;

use crate::library::Library;
use crate::scenario::load::Load;
use crate::scenario::send::Send;
use crate::scenario::{Capability, Endpoint, Times};
use crate::words::Words;

/// Where a request goes: where it says, or where its base goes.
pub fn goes_to(send: &Send, library: &Library) -> Endpoint {
    let base = || library.bases.get(&send.like.as_ref()?.value)?.wrote.steps.last();
    match (send.to, base()) {
        (Some(to), _) => to,
        (None, Some(request)) => goes_to(&request.value.send, library),
        (None, None) => Endpoint::default(),
    }
}

/// How often a step is sent, where it is more than once.
pub fn times(times: Times) -> Option<String> {
    match times {
        Times::Of(1) => None,
        Times::Of(n) => Some(format!("{n} times")),
        Times::UntilThrottled => Some("until the server throttles".to_owned()),
    }
}

/// Who asks under load, and when, as a sentence.
pub fn load(load: &Load) -> String {
    let who = match (&load.users, &load.rate, &load.search, &load.race) {
        (Some(users), ..) => format!("Walked by users: {}", users.text),
        (_, Some(rate), ..) => format!("Walked by arrivals: {}", rate.text),
        (.., Some(race)) => format!("Races its last step: {} uses at once, in {} rounds", race.at_once, race.rounds),
        (_, _, Some(search), _) => {
            format!(
                "Searches for the highest rate that keeps its thresholds, from {}/s to {}/s",
                search.from, search.up_to
            )
        }
        (None, None, None, None) => "Says not who asks".to_owned(),
    };
    let journeys = load.journeys.iter().map(|one| format!("{} (weight {})", one.value.walk, one.value.weight));
    match journeys.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => who,
        journeys => format!("{who}; journeys: {journeys}"),
    }
}

/// What a target must offer, as a noun.
pub fn capability(capability: Capability) -> &'static str {
    match capability {
        Capability::RefreshToken => "refresh tokens",
        Capability::IdToken => "ID tokens",
        Capability::JwtAccessToken => "access tokens that are JWTs",
        Capability::Rfc9068 => "access tokens after RFC 9068",
        Capability::ClientCredentials => "client credentials grant",
        Capability::Jwks => "a key set",
        Capability::Metadata => "metadata",
        Capability::OpenidMetadata => "OpenID metadata",
        Capability::Introspection => "introspection",
        Capability::Revocation => "revocation",
        Capability::Userinfo => "userinfo",
        Capability::Neighbour => "a neighbour",
    }
}

fn quoted(words: &Words) -> String {
    format!("\"{}\"", words.settled())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_where_its_base_does_or_where_it_says() {
        let library = Library::load(None).expect("the project's own scenarios can be read");
        let like = |base: &str| serde_yaml::from_str(&format!("{{ like: {base} }}")).expect("a request");
        assert_eq!(goes_to(&like("good-refresh"), &library), Endpoint::Token);
        assert_eq!(goes_to(&Send { to: Some(Endpoint::Jwks), ..Send::default() }, &library), Endpoint::Jwks);
    }

    #[test]
    fn a_step_that_is_sent_once_says_nothing_of_it() {
        assert_eq!(times(Times::default()), None);
        assert_eq!(times(Times::Of(30)).as_deref(), Some("30 times"));
        assert_eq!(times(Times::UntilThrottled).as_deref(), Some("until the server throttles"));
    }

    #[test]
    fn nothing_that_the_project_asks_is_without_words() {
        let library = Library::load(None).expect("the project's own scenarios can be read");
        for (id, scenario) in &library.scenarios {
            for step in scenario.wrote.all_steps() {
                let (whole, changes) = send(&step.value.send);
                assert!(changes.is_empty() || step.value.send.change.is_some(), "{id}");
                let from = goes_to(&step.value.send, &library);
                let checks = step.value.expect.0.iter().flat_map(|(_, checks)| checks);
                let checks = checks.map(|one| check(&one.value, from));
                assert!(checks.chain(changes).chain([whole]).all(|words| !words.is_empty()), "{id}");
            }
        }
    }
}
