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
use crate::scenario::load::{Arrivals, Load};
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
                "Searches for the highest rate of arrivals that keeps its thresholds, from {}/s to {}/s, each held for {}, \
                 the one that was found for {} more",
                search.from,
                search.up_to,
                humantime::format_duration(search.hold),
                humantime::format_duration(search.confirm)
            )
        }
        (None, None, None, None) => "Says not who asks".to_owned(),
    };
    let spread = match load.arrivals {
        Some(Arrivals::Even) => ", evenly",
        Some(Arrivals::Poisson) | None => "",
    };
    let pause =
        load.think.as_ref().map_or_else(String::new, |think| format!(", a pause of {} after each answer", think.text));
    let at_once = load.at_once.map_or_else(String::new, |most| format!(", at most {most} under way at once"));
    let who = format!("{who}{spread}{pause}{at_once}");
    let journeys = load.journeys.iter().map(|one| format!("{} (weight {})", one.value.walk, one.value.weight));
    let thresholds = load.thresholds.iter().map(|one| one.value.clone());
    let lists = [("journeys", journeys.collect::<Vec<_>>()), ("thresholds", thresholds.collect())];
    let lists = lists.into_iter().filter(|(_, all)| !all.is_empty());
    who + &lists.map(|(name, all)| format!("; {name}: {}", all.join(", "))).collect::<String>()
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
    fn a_load_tells_who_asks_how_and_what_has_to_hold() {
        for (wrote, told) in [
            (
                "users: 4 for 3s\nthink: 10ms to 50ms",
                "Walked by users: 4 for 3s, a pause of 10ms to 50ms after each answer",
            ),
            (
                "rate: 50/s for 2s\narrivals: even\nat_once: 9\njourneys: [{ walk: a/b }]\nthresholds: [errors < 1 %]",
                "Walked by arrivals: 50/s for 2s, evenly, at most 9 under way at once; journeys: a/b (weight 1); \
                 thresholds: errors < 1 %",
            ),
            (
                "search: { from: 5/s, up_to: 50/s, hold: 1s, confirm: 2s }",
                "Searches for the highest rate of arrivals that keeps its thresholds, from 5/s to 50/s, each held for 1s, the one \
                 that was found for 2s more",
            ),
        ] {
            assert_eq!(load(&serde_yaml::from_str(wrote).expect("a load block")), told);
        }
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
