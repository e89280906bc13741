//! The scenario language: what an author asks, as it is written.
//!
//! Everything here is data read from YAML. Unknown keys are refused, and whatever can dangle (a base, a requirement, a
//! client by what it is) keeps its place in the file, so that [`crate::library`] can complain with the author's own line.

mod endpoint;
pub mod given;
pub mod load;
mod reading;
pub mod send;

use std::ops::RangeInclusive;
use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Spanned;

use crate::check::Check;
use crate::lasting::lasting_or_usual;
use crate::ordered::Ordered;

pub use self::endpoint::{Endpoint, Grant};
pub use self::load::Load;

use self::given::{Length, Strategy};
use self::send::Send;

/// An entry of a scenario file: a case, a property (with `given`) or a load run (with `load`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The last part of its id, in kebab case; folder and section of the file come before it.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// What it says of the server, a sentence.
    pub title: String,
    /// What the target must offer beyond the clients, users and scopes that the steps name.
    #[serde(default)]
    pub needs: Vec<Capability>,
    /// Values to draw; the steps are then run for many sets of them.
    #[serde(default)]
    pub given: IndexMap<String, Strategy>,
    /// Moves to draw, done in any order that their states allow; the steps then come before the first of them.
    #[serde(default, deserialize_with = "reading::said")]
    pub moves: Option<Moves>,
    /// That its two steps are compared by how long their answers take.
    #[serde(default, deserialize_with = "reading::said")]
    pub compare: Option<Compare>,
    /// Who runs the steps under load, and when.
    #[serde(default, deserialize_with = "reading::said")]
    pub load: Option<Load>,
    /// What is done, in order.
    #[serde(default)]
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
}

/// A model of a server's states, and the moves that lead from one to another. Sequences of moves are drawn; a move that its
/// state does not allow is left out of the sequence.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    /// The state behind the steps.
    pub start: String,
    /// The least and the greatest number of moves that are drawn.
    pub length: Length,
    /// The moves.
    #[schemars(with = "Vec<Move>")]
    pub each: Vec<Spanned<Move>>,
}

/// A move: what may be done in a state, and the state that it leads to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Its name.
    #[serde(rename = "move")]
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The states that allow it.
    #[schemars(with = "Vec<String>")]
    pub from: Vec<Spanned<String>>,
    /// The state that it leads to; the same where nothing is said.
    #[serde(default)]
    pub to: Option<String>,
    /// What is done, in order.
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
}

/// A good request by name, for `like`. It is also the control of every refusal made from it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The name that `like` uses.
    #[schemars(with = "String")]
    pub base: Spanned<String>,
    /// What it asks for, a sentence.
    pub title: String,
    /// What the target must offer for it.
    #[serde(default)]
    pub needs: Vec<Capability>,
    /// What comes before the request; the last step is the request.
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
}

/// One request with what is expected of its answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// A name for reports and for checks that look back; without one it is its number
    #[serde(default)]
    pub name: Option<String>,
    /// Time that passes first, `90s`: the embedded server's clock is moved, a real target waits within its patience.
    #[serde(default, deserialize_with = "lasting_or_usual")]
    #[schemars(with = "Option<String>")]
    pub wait: Option<Duration>,
    /// How often it is sent, one after the other: a number, or `until_throttled`. Every answer is held to `expect`; what is
    /// kept and what later steps look at comes from the last one.
    #[serde(default)]
    pub times: Times,
    /// The request.
    pub send: Send,
    /// What is expected: each check under the one requirement that it proves.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, Vec<Check>>")]
    pub expect: Ordered<Vec<Spanned<Check>>>,
    /// Members of the answer to keep, by the name that later steps use: `{ first: refresh_token }`.
    #[serde(default)]
    pub keep: IndexMap<String, String>,
}

/// How often a step is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// So many times.
    Of(u32),
    /// As often as the target's `throttled_after` says, with no good login of the same user in between.
    UntilThrottled,
}

impl Default for Times {
    fn default() -> Self {
        Self::Of(1)
    }
}

impl Scenario {
    /// Every step, those of moves included.
    pub fn all_steps(&self) -> impl Iterator<Item = &Spanned<Step>> {
        let moves = self.moves.iter().flat_map(|moves| &moves.each);
        self.steps.iter().chain(moves.flat_map(|one| &one.value.steps))
    }

    /// Whether it measures times.
    pub fn measures(&self) -> bool {
        self.compare.is_some()
    }

    /// Whether a step of it is sent until the server throttles.
    pub fn throttles(&self) -> bool {
        self.steps.iter().any(|step| step.value.times == Times::UntilThrottled)
    }
}

/// How two steps are compared by how long their answers take: they are sent one right after the other, pair after pair, each of
/// them first in half of the pairs.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// How many pairs at the most, 11 to 1000; it ends sooner where it can be told. Values of `given` are drawn for each.
    pub pairs: u32,
}

/// How many pairs a comparison may have: fewer tell nothing, more are no longer a test.
pub const PAIRS: RangeInclusive<u32> = 11..=1000;

/// What a target must offer for a case, beyond clients, users and scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// A good login brings a refresh token.
    RefreshToken,
    /// A good login with `openid` brings an ID token.
    IdToken,
    /// The access token is a JWT.
    JwtAccessToken,
    /// The access token says that it follows RFC 9068: its header's `typ` is `at+jwt`.
    #[serde(rename = "rfc9068")]
    Rfc9068,
    /// The client credentials grant is on.
    ClientCredentials,
    /// A key set can be fetched.
    Jwks,
    /// Authorization server metadata can be fetched.
    Metadata,
    /// OpenID's metadata can be fetched.
    OpenidMetadata,
    /// An introspection endpoint is known.
    Introspection,
    /// A revocation endpoint is known.
    Revocation,
    /// A userinfo endpoint is known.
    Userinfo,
    /// The target file names another workspace of the same server.
    Neighbour,
}
