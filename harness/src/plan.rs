//! A scenario resolved against a target: every name found, every base unfolded, every control named.
//!
//! Pure, and done once per scenario and target. What a target lacks is a [`Skip`] with its reason.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, header};
use indexmap::IndexMap;
use ropcheck_reports::record::{Case, Place};
use serde_yaml::Spanned;

use crate::check::Check;
use crate::exchange::Sent;
use crate::library::{Authored, Library};
use crate::request::{BOUNDARY, Content, Pair, Part, Piece, Template};
use crate::scenario::{
    Auth, Body, Capability, Change, Credential, Endpoint, Load, Made, Method, Moved, Ordered, Overrides, Pairs,
    Scenario, Send, Step, Strategy, Value,
};
use crate::target::{AuthMethod, Client, ScopeError, Target, User, lacking_client, lacking_user};
use crate::words::{ClientPart, Name, TargetPart, UserPart, Word, Words};

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
    /// How many users walk it.
    pub load: Option<Load>,
}

/// A step ready to be sent.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Time that passes first.
    pub wait: Option<Duration>,
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

/// What a request does to a user's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// It logs in with the right password.
    Good(String),
    /// It tries the user's name with another password.
    Failing(String),
}

/// Why a scenario is not run on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip(pub String);

impl Plan {
    /// The planned step that an exchange sent.
    pub fn sent(&self, sent: Sent) -> Option<&Planned> {
        match sent {
            Sent::Step(index) => self.steps.get(index),
            Sent::Control { of, step } => self.steps.get(of)?.control.as_ref()?.steps.get(step),
        }
    }

    /// Whether it may cost a real account a failed login.
    pub fn spends_logins(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.login, Some(Login::Failing(_))))
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
    let planner = Planner { library, target, offers };
    let wrote = &scenario.wrote;
    planner.offered(&wrote.needs)?;
    let mut steps: Vec<Planned> = Vec::new();
    for step in &wrote.steps {
        planner.step(&step.value, scenario, None, None, &mut steps)?;
    }
    let case = Case { id: id.to_owned(), title: wrote.title.clone(), at: scenario.place(wrote.id.defined) };
    Ok(Plan { case, steps, given: wrote.given.clone(), load: wrote.load.clone() })
}

/// Plans a base as it is, for the default client and user: what is sent to learn what a server offers.
///
/// # Errors
/// [`Skip`] where the target lacks what the base names.
pub fn plan_base(name: &str, library: &Library, target: &Target, offers: &Offers) -> Result<Plan, Skip> {
    let base = library.bases.get(name).ok_or_else(|| Skip(format!("no base is named `{name}`")))?;
    let steps = Planner { library, target, offers }.base(name, None, None)?;
    let case = Case {
        id: format!("control/{name}"),
        title: base.wrote.title.clone(),
        at: base.place(base.wrote.base.defined),
    };
    Ok(Plan { case, steps, given: IndexMap::new(), load: None })
}

struct Planner<'a> {
    library: &'a Library,
    target: &'a Target,
    offers: &'a Offers,
}

/// Client and user by role, as a step or whoever is `like` it says.
type Role<'a> = Option<&'a str>;

impl Planner<'_> {
    fn offered(&self, needs: &[Capability]) -> Result<(), Skip> {
        needs
            .iter()
            .find(|need| !self.offers.contains(need))
            .map_or(Ok(()), |need| Err(Skip(lacking(*need).to_owned())))
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
        let Step { name, wait, send, expect, keep } = step;
        if let Some(wait) = wait.filter(|wait| *wait > self.target.patience) {
            let (wait, patience) = (humantime::format_duration(wait), humantime::format_duration(self.target.patience));
            return Err(Skip(format!("it would wait {wait}, and the target's patience is {patience}")));
        }
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
        let (to, template) = self.request(send, &who)?;
        let login = login(&template, self.target);
        let mut promises = Vec::new();
        for (requirement, checks) in &expect.0 {
            for check in checks {
                let requirement = requirement.value.clone();
                let settled = who.settle(&check.value)?;
                promises.push(Promise { requirement, check: settled, at: from.place(check.defined) });
            }
        }
        let name = name.clone().unwrap_or_else(|| (steps.len() + 1).to_string());
        let keep = keep.iter().map(|(name, member)| (name.clone(), member.clone())).collect();
        steps.push(Planned { name, wait: *wait, to, template, expect: promises, keep, control, login });
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
        let (client, user) = (client.unwrap_or("default"), user.unwrap_or("known"));
        Ok(Who {
            client: self.target.client(client).ok_or_else(|| Skip(lacking_client(client)))?,
            user: self.target.user(user).ok_or_else(|| Skip(lacking_user(user)))?,
            target: self.target,
        })
    }

    fn request(&self, send: &Send, who: &Who<'_>) -> Result<(Endpoint, Template), Skip> {
        let draft = self.draft(send, who)?;
        let endpoint = draft.to;
        let url = match endpoint {
            Endpoint::Token => self.target.endpoints.token.clone(),
            Endpoint::Metadata => self.target.endpoints.metadata.first().cloned(),
            Endpoint::Jwks => self.target.endpoints.jwks.clone(),
        };
        let url = url.ok_or_else(|| Skip("the target has no such endpoint".to_owned()))?;
        Ok((endpoint, draft.finish(url)))
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

fn lacking(need: Capability) -> &'static str {
    match need {
        Capability::RefreshToken => "a good login brings no refresh token",
        Capability::IdToken => "a good login with `openid` brings no ID token",
        Capability::JwtAccessToken => "the access token is no JWT",
        Capability::Rfc9068 => "the access token does not say that it follows RFC 9068 (typ at+jwt)",
        Capability::ClientCredentials => "the client credentials grant is not granted",
        Capability::Jwks => "no key set can be fetched",
        Capability::Metadata => "no authorization server metadata can be fetched",
    }
}

/// Whose request it is.
struct Who<'a> {
    client: &'a Client,
    user: &'a User,
    target: &'a Target,
}

impl Who<'_> {
    fn piece(&self, name: &Name) -> Result<Piece, Skip> {
        Ok(match name {
            Name::Client(role, part) => {
                let client = match role {
                    None => self.client,
                    Some(role) => self.target.client(role).ok_or_else(|| Skip(lacking_client(role)))?,
                };
                match part {
                    ClientPart::Id => Piece::Plain(client.id.clone()),
                    ClientPart::Secret => secret(client)?,
                }
            }
            Name::User(role, part) => {
                let user = match role {
                    None => self.user,
                    Some(role) => self.target.user(role).ok_or_else(|| Skip(lacking_user(role)))?,
                };
                match part {
                    UserPart::Username => Piece::Plain(user.username.clone()),
                    UserPart::Password => Piece::Secret(format!("{}.password", user.name), user.password.clone()),
                }
            }
            Name::Scope(kind) => Piece::Plain(self.client.scope(kind, self.target).map_err(|error| match error {
                ScopeError::NoSuchKind => Skip(format!("no kind of scope is named `{kind}`")),
                ScopeError::Lacking(why) => Skip(why),
            })?),
            Name::Target(TargetPart::Issuer) => Piece::Plain(
                self.target
                    .endpoints
                    .issuer
                    .clone()
                    .ok_or_else(|| Skip("the target file tells no `issuer`".to_owned()))?,
            ),
            Name::Target(TargetPart::TokenEndpoint) => {
                Piece::Plain(self.target.endpoints.token.as_ref().map(ToString::to_string).unwrap_or_default())
            }
            Name::Kept(name) => Piece::Kept(name.clone()),
            Name::Given(name) => Piece::Given(name.clone()),
        })
    }

    /// A check with the values of its names in their place.
    fn settle(&self, check: &Check) -> Result<Check, Skip> {
        let mut check = check.clone();
        for words in check.words() {
            let mut text = String::new();
            for word in &words.0 {
                match word {
                    Word::Literal(literal) => text.push_str(literal),
                    Word::Name(name) => match self.piece(name)? {
                        Piece::Plain(value) => text.push_str(&value),
                        // The library refuses secrets in an expectation; a mark is what is left to show.
                        Piece::Secret(mark, _) | Piece::Kept(mark) | Piece::Given(mark) => text.push_str(&mark),
                    },
                }
            }
            *words = Words::literal(text);
        }
        Ok(check)
    }

    fn pieces(&self, words: &Words) -> Result<Vec<Piece>, Skip> {
        words
            .0
            .iter()
            .map(|word| match word {
                Word::Literal(text) => Ok(Piece::Plain(text.clone())),
                Word::Name(name) => self.piece(name),
            })
            .collect()
    }

    /// A value where `stands` is what stands there by itself. `None`: no parameter at all.
    fn part(&self, value: &Value, stands: Option<&Part>) -> Result<Option<Part>, Skip> {
        Ok(Some(match value {
            Value::Text(words) => Part::Text(self.pieces(words)?),
            Value::Made(Made::IfAny(words)) => return Ok(self.pieces(words).ok().map(Part::Text)),
            Value::Made(Made::Wire(words)) => Part::Wire(self.pieces(words)?),
            Value::Made(Made::Hex(bytes)) => Part::Bytes(bytes.0.clone()),
            Value::Made(Made::Times { text, times }) => Part::Text(vec![Piece::Plain(text.repeat(*times))]),
            Value::Made(Made::Upper(words)) => Part::Upper(Box::new(Part::Text(self.pieces(words)?))),
            Value::Made(Made::Damaged(how)) => {
                let right = stands.cloned().unwrap_or(Part::Text(vec![]));
                Part::Damaged(Box::new(right), *how)
            }
        }))
    }

    fn pairs(&self, pairs: &Pairs) -> Result<Vec<(String, Part)>, Skip> {
        let mut parts = Vec::new();
        for (name, value) in &pairs.0 {
            parts.extend(self.part(value, None)?.map(|part| (name.clone(), part)));
        }
        Ok(parts)
    }
}

fn secret(client: &Client) -> Result<Piece, Skip> {
    let secret = client.secret.clone().ok_or_else(|| Skip(format!("client `{}` has no secret", client.name)))?;
    Ok(Piece::Secret(format!("{}.secret", client.name), secret))
}

/// A request with its parameters apart.
struct Draft {
    to: Endpoint,
    method: http::Method,
    /// What the grant asks for.
    form: Vec<(String, Part)>,
    /// What the client authenticates with, in the body.
    credentials: Vec<(String, Part)>,
    /// The same, in headers.
    authorization: Vec<Part>,
    query: Vec<(String, Part)>,
    body: Option<Content>,
    content_type: Option<&'static str>,
    headers: Vec<(HeaderName, Option<Part>)>,
}

impl Draft {
    fn spelt(send: &Send, who: &Who<'_>) -> Result<Self, Skip> {
        let to = send.to.unwrap_or_default();
        let mut form = send.form.as_ref().map_or(Ok(vec![]), |form| who.pairs(form))?;
        if to == Endpoint::Token {
            form.extend(
                who.target
                    .extra
                    .iter()
                    .map(|(name, value)| (name.clone(), Part::Text(vec![Piece::Plain(value.clone())]))),
            );
        }
        let mut draft = Self {
            to,
            method: http::Method::POST,
            form,
            credentials: vec![],
            authorization: vec![],
            query: vec![],
            body: None,
            content_type: (to == Endpoint::Token).then_some("application/x-www-form-urlencoded"),
            headers: vec![],
        };
        let own = Auth(vec![Credential::By(Method::Own, Overrides::default())]);
        match (&send.auth, to) {
            (Some(auth), _) => draft.authenticate(auth, who)?,
            (None, Endpoint::Token) => draft.authenticate(&own, who)?,
            (None, Endpoint::Metadata | Endpoint::Jwks) => draft.method = http::Method::GET,
        }
        draft.method(send.method.as_deref())?;
        draft.headers(&send.headers, who)?;
        Ok(draft)
    }

    fn change(&mut self, change: &Change, who: &Who<'_>) -> Result<(), Skip> {
        self.method(change.method.as_deref())?;
        if let Some(auth) = &change.auth {
            self.authenticate(auth, who)?;
        }
        for (name, value) in &change.set.0 {
            let stands = self.parameters().find(|(known, _)| *known == name.value).map(|(_, part)| part.clone());
            let Some(part) = who.part(value, stands.as_ref())? else { continue };
            match self.form.iter_mut().chain(&mut self.credentials).find(|(known, _)| *known == name.value) {
                Some((_, stands)) => *stands = part,
                None => self.form.push((name.value.clone(), part)),
            }
        }
        for name in &change.remove {
            self.form.retain(|(known, _)| *known != name.value);
            self.credentials.retain(|(known, _)| *known != name.value);
        }
        if let Some(add) = &change.add {
            self.form.extend(who.pairs(add)?);
        }
        if let Some(moved) = &change.to_query {
            let moves = |name: &str| match moved {
                Moved::All => true,
                Moved::These(names) => names.iter().any(|one| one == name),
            };
            let all: Vec<(String, Part)> = self.form.drain(..).chain(self.credentials.drain(..)).collect();
            let (query, form) = all.into_iter().partition(|(name, _)| moves(name));
            self.query = query;
            self.form = form;
        }
        if let Some(query) = &change.query {
            self.query.extend(who.pairs(query)?);
        }
        if let Some(body) = &change.body {
            self.body(body, who)?;
        }
        self.headers(&change.headers, who)
    }

    fn parameters(&self) -> impl Iterator<Item = &(String, Part)> {
        self.form.iter().chain(&self.credentials)
    }

    fn method(&mut self, method: Option<&str>) -> Result<(), Skip> {
        if let Some(method) = method {
            self.method = http::Method::from_bytes(method.as_bytes())
                .map_err(|_| Skip(format!("`{method}` is no HTTP method")))?;
        }
        Ok(())
    }

    fn headers(&mut self, headers: &Ordered<Option<Value>>, who: &Who<'_>) -> Result<(), Skip> {
        for (name, value) in &headers.0 {
            let header = HeaderName::from_bytes(name.value.as_bytes())
                .map_err(|_| Skip(format!("`{}` is no header name", name.value)))?;
            let part = value.as_ref().map(|value| who.part(value, None)).transpose()?.flatten();
            self.headers.retain(|(known, _)| *known != header);
            self.headers.push((header, part));
        }
        Ok(())
    }

    fn body(&mut self, body: &Body, who: &Who<'_>) -> Result<(), Skip> {
        let parameters = || self.parameters().cloned().collect();
        let (content, content_type) = match body {
            Body::Json => (Content::Json(parameters()), "application/json"),
            Body::Multipart => (Content::Multipart(parameters()), "multipart/form-data"),
            Body::Empty => (Content::Raw(Part::Bytes(vec![])), "application/x-www-form-urlencoded"),
            Body::Text(words) => (Content::Raw(Part::Wire(who.pieces(words)?)), "application/x-www-form-urlencoded"),
            Body::Hex(bytes) => (Content::Raw(Part::Bytes(bytes.0.clone())), "application/x-www-form-urlencoded"),
        };
        self.body = Some(content);
        self.content_type = Some(content_type);
        Ok(())
    }

    /// Puts credentials in place of those that stand (RFC 6749 section 2.3).
    fn authenticate(&mut self, Auth(all): &Auth, who: &Who<'_>) -> Result<(), Skip> {
        self.credentials.clear();
        self.authorization.clear();
        for credential in all {
            match credential {
                Credential::Header(value) => self.authorization.extend(who.part(value, None)?),
                Credential::By(method, overrides) => self.credential(*method, overrides, who)?,
            }
        }
        Ok(())
    }

    fn credential(&mut self, method: Method, overrides: &Overrides, who: &Who<'_>) -> Result<(), Skip> {
        let method = match (method, who.client.auth) {
            (Method::Own, AuthMethod::ClientSecretBasic) => Method::Basic,
            (Method::Own, AuthMethod::ClientSecretPost) => Method::Post,
            (Method::Own, AuthMethod::None) => Method::None,
            (method, _) => method,
        };
        let own_id = Part::Text(vec![Piece::Plain(who.client.id.clone())]);
        let own_secret = || Ok(Part::Text(vec![secret(who.client)?]));
        let given = |value: &Option<Value>, own: &Part| -> Result<Part, Skip> {
            let part = value.as_ref().map(|value| who.part(value, Some(own))).transpose()?;
            Ok(part.flatten().unwrap_or_else(|| own.clone()))
        };
        let id = given(&overrides.id, &own_id)?;
        match method {
            Method::Own | Method::None => self.credentials.push(("client_id".to_owned(), id)),
            Method::Post => {
                self.credentials.push(("client_id".to_owned(), id));
                self.credentials.push(("client_secret".to_owned(), given(&overrides.secret, &own_secret()?)?));
            }
            Method::Basic => {
                let pair = match overrides.pair.as_ref().map(|pair| who.part(pair, None)).transpose()?.flatten() {
                    Some(whole) => Pair::Whole(Box::new(whole)),
                    None => Pair::Joined(
                        Box::new(id),
                        Box::new(given(&overrides.secret, &own_secret()?)?),
                        overrides.encoding,
                    ),
                };
                let scheme = overrides.scheme.clone().unwrap_or_else(|| "Basic".to_owned());
                self.authorization.push(Part::Basic { scheme, pair });
            }
        }
        Ok(())
    }

    fn finish(self, url: url::Url) -> Template {
        let text = |text: &str| Part::Text(vec![Piece::Plain(text.to_owned())]);
        let mut headers = vec![(header::ACCEPT, text("application/json"))];
        headers.extend(self.authorization.into_iter().map(|part| (header::AUTHORIZATION, part)));
        if self.method != http::Method::GET && self.method != http::Method::HEAD {
            headers.extend(self.content_type.map(|kind| match kind {
                "multipart/form-data" => (header::CONTENT_TYPE, text(&format!("{kind}; boundary={BOUNDARY}"))),
                kind => (header::CONTENT_TYPE, text(kind)),
            }));
        }
        for (name, part) in self.headers {
            headers.retain(|(known, _)| *known != name);
            headers.extend(part.map(|part| (name, part)));
        }
        let form = self.form.into_iter().chain(self.credentials).collect();
        let body = self.body.unwrap_or(Content::Form(form));
        Template { method: self.method, url, query: self.query, body, headers }
    }
}

/// What a request does to a user's account: it is a login when it names a user of the target and is of the password grant.
fn login(template: &Template, target: &Target) -> Option<Login> {
    let (Content::Form(form) | Content::Json(form) | Content::Multipart(form)) = &template.body else { return None };
    let all = || template.query.iter().chain(form);
    let value = |name: &str| all().find(|(known, _)| known == name).map(|(_, part)| part);
    let plain = |part: &Part| match part {
        Part::Text(pieces) => match pieces.as_slice() {
            [Piece::Plain(text)] => Some(text.clone()),
            _ => None,
        },
        Part::Wire(_) | Part::Bytes(_) | Part::Damaged(..) | Part::Upper(_) | Part::Basic { .. } => None,
    };
    if value("grant_type").and_then(plain).as_deref() != Some("password") {
        return None;
    }
    let username = value("username").and_then(plain)?;
    let user = target.users.iter().find(|user| user.username == username)?;
    let right = value("password").is_some_and(|part| match part {
        Part::Text(pieces) => {
            matches!(pieces.as_slice(), [Piece::Secret(mark, _)] if *mark == format!("{}.password", user.name))
        }
        Part::Wire(_) | Part::Bytes(_) | Part::Damaged(..) | Part::Upper(_) | Part::Basic { .. } => false,
    });
    Some(if right && !user.disabled { Login::Good(user.name.clone()) } else { Login::Failing(user.name.clone()) })
}
