//! A scenario resolved against a target: every name found, every base unfolded, every control named.
//!
//! Pure, and done once per scenario and target. What a target lacks is a [`Skip`] with its reason.

mod draft;
mod login;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use draft::{Draft, Who};
use indexmap::IndexMap;
pub use login::Login;
use login::{is_login, login};
use ropcheck_reports::drawn::Value;
use ropcheck_reports::record::{Case, Place};
use serde_yaml::Spanned;

use crate::check::Check;
use crate::drawn::Drawn;
use crate::exchange::Sent;
use crate::library::{Authored, Library};
use crate::lock_out::Whose;
use crate::request::template::Template;
use crate::scenario::given::{Length, Strategy};
use crate::scenario::send::{Change, Elsewhere, Send};
use crate::scenario::{self, Capability, Compare, Endpoint, Scenario, Step, Times};
use crate::target::role::{DECOY, KNOWN};
use crate::target::{ScopeError, Target, User, lacking_client, lacking_user};

/// What a server offers, as its first good answers or its target file told.
pub type Offers = BTreeSet<Capability>;

/// A scenario ready to be walked.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The case that it is.
    pub case: Case,
    /// What is done, in order; the steps that a base brings along stand before its request.
    pub steps: Vec<Planned>,
    /// Values to draw.
    pub given: IndexMap<String, Strategy>,
    /// Moves to draw, done behind the steps.
    pub moves: Option<Arc<Moves>>,
    /// That its two steps are compared.
    pub compare: Option<Compare>,
}

/// Moves ready to be drawn: a model of states, and what leads from one to another.
#[derive(Debug)]
pub struct Moves {
    /// The state behind the steps.
    pub start: String,
    /// How many are drawn.
    pub length: Length,
    /// Each of them.
    pub each: Vec<Move>,
}

/// A move ready to be done.
#[derive(Debug)]
pub struct Move {
    /// Its name.
    pub name: String,
    /// The states that allow it.
    pub from: Vec<String>,
    /// The state that it leads to; none: the same.
    pub to: Option<String>,
    /// What is sent.
    pub steps: Vec<Planned>,
}

/// The name under which moves are drawn.
pub const MOVES: &str = "moves";

/// A step ready to be sent.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Time that passes first.
    pub wait: Option<Duration>,
    /// How often it is sent.
    pub times: u32,
    /// Whether no good login of its user may come in between: it would set back what the server counts.
    pub in_a_row: bool,
    /// Where it goes.
    pub to: Endpoint,
    /// The request.
    pub template: Template,
    /// What is expected, each under its sentence.
    pub expect: Vec<Promise>,
    /// Members to keep: the name, then the member.
    pub keep: Vec<(String, String)>,
    /// The request without its change, which must be granted before this one says anything.
    pub control: Option<Arc<Control>>,
    /// What it does to a user's account.
    pub login: Option<Login>,
    /// Whether it is a login by a name that is none of the target's users': a drawn one, or one that nobody bears.
    pub of_nobody: bool,
    /// The client whose authentication it carries, by the name in the target file.
    pub client: Option<String>,
    /// Whether its client authenticates otherwise than in its control: a server may count that as guessing at a secret.
    pub guesses: bool,
}

/// One check with the sentence that it proves.
#[derive(Debug, Clone)]
pub struct Promise {
    /// The requirement's id.
    pub requirement: String,
    /// The check.
    pub check: Check,
    /// The author's line.
    pub at: Place,
}

/// A control twin: a base as it is, for one client and one user.
#[derive(Debug, Clone)]
pub struct Control {
    /// Base, client and user: `good-login as web for alice`.
    pub key: String,
    /// The base's steps; the last one must be granted.
    pub steps: Vec<Planned>,
}

/// Why a scenario is not run on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip(pub String);

impl Planned {
    /// Whether it is a login that is hoped to be granted.
    pub fn is_hoped_for(&self) -> bool {
        let expects = |of: fn(&Check) -> bool| self.expect.iter().any(|promise| of(&promise.check));
        matches!(self.login, Some(Login::Good(_)))
            && !expects(Check::expects_refusal)
            && (self.control.is_none() || expects(|check| matches!(check, Check::Granted)))
    }

    /// The account that it sets out to have shut.
    pub fn provoked(&self) -> Option<Whose> {
        match (&self.login, &self.client) {
            _ if !self.in_a_row => None,
            (Some(Login::Failing(user)), _) => Some(Whose::User(user.clone())),
            (_, Some(client)) if self.guesses => Some(Whose::Client(client.clone())),
            _ => None,
        }
    }

    /// Whether a promise of it is about being throttled.
    pub fn expects_throttling(&self) -> bool {
        self.expect.iter().any(|promise| promise.check.expects_throttling())
    }
}

impl Plan {
    /// The planned step that an exchange sent.
    pub fn sent(&self, sent: Sent) -> Option<&Planned> {
        match sent {
            Sent::Step(index) => self.steps.get(index),
            Sent::Control { of, step } => self.steps.get(of)?.control.as_ref()?.steps.get(step),
        }
    }

    /// The plan of one walk: with the drawn moves behind its steps. A move that its state does not allow is left out, so that
    /// a sequence from which one was taken is a sequence again.
    pub fn with_moves(self: &Arc<Self>, drawn: &Drawn) -> Arc<Self> {
        let (Some(moves), Some(Value::Moves(names))) = (&self.moves, drawn.get(MOVES)) else { return Arc::clone(self) };
        let mut plan = Self::clone(self);
        let mut state = moves.start.as_str();
        for name in names {
            let known = moves.each.iter().find(|one| one.name == *name);
            let Some(next) = known.filter(|one| one.from.iter().any(|from| from == state)) else { continue };
            let from = plan.steps.len();
            plan.steps.extend(next.steps.iter().cloned());
            // What looks back by name means the first of them.
            for at in from..plan.steps.len() {
                let name = plan.steps[at].name.clone();
                let times = plan.steps[..at].iter().filter(|step| step.name.split(" (").next() == Some(&name)).count();
                if times > 0 {
                    plan.steps[at].name = format!("{name} ({})", times + 1);
                }
            }
            state = next.to.as_deref().unwrap_or(state);
        }
        Arc::new(plan)
    }

    /// Every step, those of moves included.
    fn all_steps(&self) -> impl Iterator<Item = &Planned> {
        let moves = self.moves.iter().flat_map(|moves| &moves.each);
        self.steps.iter().chain(moves.flat_map(|one| &one.steps))
    }

    /// Whether it is a property: something of it is drawn.
    pub fn draws(&self) -> bool {
        !self.given.is_empty() || self.moves.is_some()
    }

    /// Whether a check of it asks if a signature holds.
    pub fn asks_for_signatures(&self) -> bool {
        self.all_steps().flat_map(|step| &step.expect).any(|promise| promise.check.asks_for_signature())
    }

    /// Whether it is about many failed logins: what it asks shows only where no good one comes in between.
    pub fn is_about_many(&self) -> bool {
        self.steps.iter().any(|step| step.in_a_row)
    }

    /// Whether it sets out to be throttled.
    pub fn provokes(&self) -> bool {
        self.is_about_many() || self.steps.iter().any(Planned::expects_throttling)
    }

    /// Failed logins that a user sees from it at the most.
    fn failed_logins(&self, user: &User) -> u32 {
        let fails = |step: &&Planned| matches!(&step.login, Some(Login::Failing(name)) if *name == user.name);
        let once: u32 = self.steps.iter().filter(fails).map(|step| step.times).sum();
        once * self.compare.map_or(1, |compare| compare.pairs)
    }

    /// Whether it may cost a real account a failed login.
    pub fn spends_logins(&self) -> bool {
        self.all_steps().any(|step| matches!(step.login, Some(Login::Failing(_))))
    }
}

/// Plans a scenario.
///
/// # Errors
/// [`Skip`] where the target lacks what the scenario needs.
pub fn plan(
    id: &str,
    scenario: &Authored<Scenario>,
    library: &Library,
    target: &Target,
    offers: &Offers,
) -> Result<Plan, Skip> {
    let wrote = &scenario.wrote;
    let planned = |user| Planner { library, target, offers, user }.scenario(scenario);
    let (steps, moves) = planned(KNOWN)?;
    let case = Case { id: id.to_owned(), title: wrote.title.clone(), at: scenario.place(wrote.id.defined) };
    let mut plan = Plan { case, steps, given: wrote.given.clone(), moves, compare: wrote.compare };
    // A wrong password is tried on an account that may be locked out, where the target file lends one.
    if plan.spends_logins() && target.user(DECOY).is_some() {
        (plan.steps, plan.moves) = planned(DECOY)?;
    }
    if plan.is_about_many() || plan.compare.is_some() {
        target.users.iter().try_for_each(|user| target.may_spend(plan.failed_logins(user), user)).map_err(Skip)?;
    }
    Ok(plan)
}

/// Plans a base as it is, for the default client and user: what is sent to learn what a server offers.
///
/// # Errors
/// [`Skip`] where the target lacks what the base names.
pub fn plan_base(name: &str, library: &Library, target: &Target, offers: &Offers) -> Result<Plan, Skip> {
    let base = library.bases.get(name).ok_or_else(|| Skip(format!("no base is named `{name}`")))?;
    let steps = Planner { library, target, offers, user: KNOWN }.base(name, None, None)?;
    let case = Case {
        id: format!("control/{name}"),
        title: base.wrote.title.clone(),
        at: base.place(base.wrote.base.defined),
    };
    Ok(Plan { case, steps, given: IndexMap::new(), moves: None, compare: None })
}

struct Planner<'a> {
    library: &'a Library,
    target: &'a Target,
    offers: &'a Offers,
    /// The role of the user that a step has which names none.
    user: &'static str,
}

/// Client and user by role, as a step or whoever is `like` it says.
type Role<'a> = Option<&'a str>;

impl Planner<'_> {
    /// A scenario's steps, each with what its base brings along before it, and its moves.
    fn scenario(&self, scenario: &Authored<Scenario>) -> Result<(Vec<Planned>, Option<Arc<Moves>>), Skip> {
        self.offered(&scenario.wrote.needs)?;
        let mut steps = Vec::new();
        for step in &scenario.wrote.steps {
            self.step(&step.value, scenario, None, None, &mut steps)?;
        }
        let moves = scenario.wrote.moves.as_ref().map(|moves| self.moves(moves, scenario, &steps)).transpose()?;
        Ok((steps, moves.map(Arc::new)))
    }

    fn offered(&self, needs: &[Capability]) -> Result<(), Skip> {
        let Some(need) = needs.iter().find(|need| !self.offers.contains(need)) else { return Ok(()) };
        // Where openid was never asked for, the server is not the one to blame.
        let openid = || self.target.client("default")?.scope("openid", self.target).err();
        match (need, openid()) {
            (Capability::IdToken, Some(ScopeError::Lacking(why))) => Err(Skip(why)),
            _ => Err(Skip(lacking(*need).to_owned())),
        }
    }

    /// Moves behind steps that stand already.
    fn moves(&self, moves: &scenario::Moves, from: &Authored<Scenario>, behind: &[Planned]) -> Result<Moves, Skip> {
        let each = moves.each.iter().map(|one| {
            let scenario::Move { name, from: states, to, steps: wrote } = &one.value;
            let mut steps = behind.to_vec();
            for step in wrote {
                self.step(&step.value, from, None, None, &mut steps)?;
                if let (None, Some(last)) = (&step.value.name, steps.last_mut()) {
                    last.name.clone_from(&name.value);
                }
            }
            Ok(Move {
                name: name.value.clone(),
                from: states.iter().map(|state| state.value.clone()).collect(),
                to: to.clone(),
                steps: steps.split_off(behind.len()),
            })
        });
        Ok(Moves { start: moves.start.clone(), length: moves.length, each: each.collect::<Result<_, Skip>>()? })
    }

    /// A base's steps, its request last, for a client and a user.
    fn base(&self, name: &str, client: Role<'_>, user: Role<'_>) -> Result<Vec<Planned>, Skip> {
        let Some(base) = self.library.bases.get(name) else {
            return Err(Skip(format!("no base is named `{name}`")));
        };
        self.offered(&base.wrote.needs)?;
        let mut steps = Vec::new();
        for step in &base.wrote.steps {
            self.step(&step.value, base, client, user, &mut steps)?;
        }
        Ok(steps)
    }

    /// Plans one step behind those that stand already, with what its base brings along.
    fn step<T>(
        &self,
        step: &Step,
        from: &Authored<T>,
        client: Role<'_>,
        user: Role<'_>,
        steps: &mut Vec<Planned>,
    ) -> Result<(), Skip> {
        let Step { name, wait, times, send, expect, keep } = step;
        if let Some(wait) = wait.filter(|wait| *wait > self.target.patience) {
            let (wait, patience) = (span(wait), span(self.target.patience));
            return Err(Skip(format!("it would wait {wait}, and the target's patience is {patience}")));
        }
        let (times, in_a_row) = match times {
            Times::Of(times) => (*times, false),
            Times::UntilThrottled => {
                let told = self.target.throttled_after;
                let lacking = "the target file tells no `throttled_after`, and nobody asked to `--observe-throttling`";
                (told.ok_or_else(|| Skip(lacking.to_owned()))?.get(), true)
            }
        };
        let client = client.or_else(|| self.role(send, |send| &send.client));
        let user = user.or_else(|| self.role(send, |send| &send.user));
        let mut control = None;
        if let Some(like) = &send.like {
            let mut base = self.base(&like.value, client, user)?;
            if send.change.is_some() {
                let names = self.who(client, user)?;
                let key = format!("{} as {} for {}", like.value, names.client.name, names.user.name);
                control = Some(Arc::new(Control { key, steps: base.clone() }));
            }
            base.pop();
            // A step that keeps the same value takes the place of the one that the base would bring.
            let kept: BTreeSet<String> =
                steps.iter().flat_map(|step| &step.keep).map(|(name, _)| name.clone()).collect();
            let needed = base
                .into_iter()
                .filter(|step| !step.keep.iter().all(|(name, _)| kept.contains(name)) || step.keep.is_empty());
            steps.extend(needed);
        }
        let who = self.who(client, user)?;
        let (to, at, template) = self.request(send, &who)?;
        let login = login(&template, self.target).map(|login| match (login, at) {
            // Whether the neighbour knows the user, and by that password, nobody has said.
            (Login::Good(user) | Login::Failing(user), Some(Elsewhere::Neighbour)) => Login::Failing(user),
            (login, None) => login,
        });
        let of_nobody = login.is_none() && is_login(&template);
        // What the neighbour holds of a client is another account.
        let client = (to.takes_clients() && at.is_none()).then(|| who.client.name.clone());
        let mut promises = Vec::new();
        for (requirement, checks) in &expect.0 {
            for check in checks {
                let requirement = requirement.value.clone();
                let settled = who.settle(&check.value)?;
                promises.push(Promise { requirement, check: settled, at: from.place(check.defined) });
            }
        }
        let guesses = send.change.as_ref().is_some_and(Change::is_of_the_client);
        let name = name.clone().unwrap_or_else(|| (steps.len() + 1).to_string());
        let keep = keep.iter().map(|(name, member)| (name.clone(), member.clone())).collect();
        let wait = *wait;
        steps.push(Planned {
            name,
            wait,
            times,
            in_a_row,
            to,
            template,
            expect: promises,
            keep,
            control,
            login,
            of_nobody,
            client,
            guesses,
        });
        Ok(())
    }

    /// The client or user that a request names, or else the one that its base names.
    fn role<'s>(&'s self, send: &'s Send, of: fn(&Send) -> &Option<Spanned<String>>) -> Role<'s> {
        of(send).as_ref().map(|role| role.value.as_str()).or_else(|| {
            let base = self.library.bases.get(&send.like.as_ref()?.value)?;
            self.role(&base.wrote.steps.last()?.value.send, of)
        })
    }

    fn who(&self, client: Role<'_>, user: Role<'_>) -> Result<Who<'_>, Skip> {
        let (client, user) = (client.unwrap_or("default"), user.unwrap_or(self.user));
        Ok(Who {
            client: self.target.client(client).ok_or_else(|| Skip(lacking_client(client)))?,
            user: self.target.user(user).ok_or_else(|| Skip(lacking_user(user)))?,
            target: self.target,
        })
    }

    fn request(&self, send: &Send, who: &Who<'_>) -> Result<(Endpoint, Option<Elsewhere>, Template), Skip> {
        let draft = self.draft(send, who)?;
        let (endpoint, at) = (draft.to, draft.at);
        let (endpoints, whose) = match at {
            None => (Some(&self.target.endpoints), "target"),
            Some(Elsewhere::Neighbour) => (self.target.neighbour.as_ref(), "neighbour"),
        };
        let url = endpoints.and_then(|endpoints| endpoints.of(endpoint)).cloned();
        let url = url.ok_or_else(|| Skip(format!("no {} of the {whose} is known", endpoint.name())))?;
        Ok((endpoint, at, draft.finish(url)))
    }

    /// A request before it is put together: its base's, then what differs.
    fn draft(&self, send: &Send, who: &Who<'_>) -> Result<Draft, Skip> {
        let mut draft = match &send.like {
            None => Draft::spelt(send, who)?,
            Some(like) => {
                let base = self.library.bases.get(&like.value).and_then(|base| base.wrote.steps.last());
                let base = base.ok_or_else(|| Skip(format!("no base is named `{}`", like.value)))?;
                self.draft(&base.value.send, who)?
            }
        };
        if let Some(change) = &send.change {
            draft.change(change, who)?;
        }
        Ok(draft)
    }
}

/// A span of time in words; whole days stay days, and do not become months of 30.44.
fn span(time: Duration) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match time.as_secs() {
        seconds if seconds > DAY && seconds % DAY == 0 => format!("{} days", seconds / DAY),
        _ => humantime::format_duration(time).to_string(),
    }
}

fn lacking(need: Capability) -> &'static str {
    match need {
        Capability::RefreshToken => "a good login brings no refresh token",
        Capability::IdToken => "a good login with `openid` brings no ID token",
        Capability::JwtAccessToken => "the access token is no JWT",
        Capability::Rfc9068 => "the access token does not say that it follows RFC 9068 (typ at+jwt)",
        Capability::ClientCredentials => "the client credentials grant is not granted",
        Capability::Jwks => "no key set can be fetched",
        Capability::Metadata => "no authorization server metadata can be fetched",
        Capability::OpenidMetadata => "no OpenID metadata can be fetched",
        Capability::Introspection => "no introspection endpoint is known from the target file or the metadata",
        Capability::Revocation => "no revocation endpoint is known from the target file or the metadata",
        Capability::Userinfo => "no userinfo endpoint is known from the target file or the metadata",
        Capability::Neighbour => "the target file names no `neighbour`",
    }
}
