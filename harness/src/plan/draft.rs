//! A request being put together: client, user and values in their places, then what differs.

use http::{HeaderName, header};

use super::Skip;
use crate::check::Check;
use crate::ordered::Ordered;
use crate::request::template::{BOUNDARY, Content, Filled, Pair, Part, Piece, Template};
use crate::scenario::Endpoint;
use crate::scenario::given::Given;
use crate::scenario::send::{
    Auth, Body, Change, Credential, Elsewhere, Entry, Made, Method, Moved, Overrides, Pairs, Send, Value,
};
use crate::target::{AuthMethod, Client, ScopeError, Target, User, lacking_client, lacking_user};
use crate::words::{ClientPart, Name, TargetPart, UserPart, Word, Words};

/// Whose request it is.
pub(super) struct Who<'a> {
    pub(super) client: &'a Client,
    pub(super) user: &'a User,
    pub(super) target: &'a Target,
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
            Name::Attempt => Piece::Attempt,
        })
    }

    /// A check with the values of its names in their place.
    pub(super) fn settle(&self, check: &Check) -> Result<Check, Skip> {
        let mut check = check.clone();
        check.allow(self.target.clock_skew);
        for words in check.words() {
            let mut text = String::new();
            for word in &words.0 {
                match word {
                    Word::Literal(literal) => text.push_str(literal),
                    Word::Name(name) => match self.piece(name)? {
                        Piece::Plain(value) => text.push_str(&value),
                        // The library refuses secrets in an expectation; a mark is what is left to show.
                        Piece::Secret(mark, _) | Piece::Kept(mark) | Piece::Given(mark) => text.push_str(&mark),
                        Piece::Attempt => text.push_str("attempt"),
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
            Value::Made(Made::Upper(words)) => {
                let pieces = self.pieces(words)?;
                // The same text again would be no change at all.
                if !pieces.iter().any(Piece::has_lower_case) {
                    return Err(Skip("what it would write in upper case has no lower-case letter".to_owned()));
                }
                Part::Upper(Box::new(Part::Text(pieces)))
            }
            Value::Made(Made::Damaged(how)) => {
                let right = stands.cloned().unwrap_or(Part::Text(vec![]));
                Part::Damaged(Box::new(right), *how)
            }
            Value::Made(Made::DamagedAs(given)) => {
                let right = stands.cloned().unwrap_or(Part::Text(vec![]));
                Part::DamagedAs(Box::new(right), given.clone())
            }
        }))
    }

    fn pairs(&self, pairs: &Pairs) -> Result<Vec<(String, Part)>, Skip> {
        let mut parts = Vec::new();
        for entry in &pairs.0 {
            match entry {
                Entry::One(name, value) => parts.extend(self.part(value, None)?.map(|part| (name.clone(), part))),
                Entry::Drawn(given) => parts.push((String::new(), Part::Parameters(given.clone()))),
            }
        }
        Ok(parts)
    }
}

fn secret(client: &Client) -> Result<Piece, Skip> {
    let secret = client.secret.clone().ok_or_else(|| Skip(format!("client `{}` has no secret", client.name)))?;
    Ok(Piece::Secret(format!("{}.secret", client.name), secret))
}

/// A request with its parameters apart.
pub(super) struct Draft {
    pub(super) to: Endpoint,
    pub(super) at: Option<Elsewhere>,
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
    respelt: Option<Given>,
}

impl Draft {
    pub(super) fn spelt(send: &Send, who: &Who<'_>) -> Result<Self, Skip> {
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
        let read_only = matches!(to, Endpoint::Metadata | Endpoint::OpenidMetadata | Endpoint::Jwks);
        let mut draft = Self {
            to,
            at: send.at,
            method: if read_only || to == Endpoint::Userinfo { http::Method::GET } else { http::Method::POST },
            form,
            credentials: vec![],
            authorization: vec![],
            query: vec![],
            body: None,
            content_type: (!read_only).then_some("application/x-www-form-urlencoded"),
            headers: vec![],
            respelt: None,
        };
        let own = Auth(vec![Credential::By(Method::Own, Overrides::default())]);
        match &send.auth {
            Some(auth) => draft.authenticate(auth, who)?,
            None if to.takes_clients() => draft.authenticate(&own, who)?,
            None => {}
        }
        draft.method(send.method.as_deref())?;
        draft.headers(&send.headers, who)?;
        Ok(draft)
    }

    pub(super) fn change(&mut self, change: &Change, who: &Who<'_>) -> Result<(), Skip> {
        self.at = change.at.or(self.at);
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
        if change.chunked {
            // The client goes by this header: it leaves out the length and sends chunks.
            self.headers.push((header::TRANSFER_ENCODING, Some(Part::Text(vec![Piece::Plain("chunked".to_owned())]))));
        }
        self.respelt = change.respelt.clone().or(self.respelt.take());
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
            let stands = self.headers.iter().find(|(known, _)| *known == header).and_then(|(_, part)| part.clone());
            let part = value.as_ref().map(|value| who.part(value, stands.as_ref())).transpose()?.flatten();
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
                self.authorization.push(Part::Basic { scheme, pair, written: overrides.written.clone() });
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, url: url::Url) -> Template {
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
        Template {
            method: self.method,
            url,
            query: self.query,
            body,
            headers,
            respelt: self.respelt,
            filled: Filled::default(),
        }
    }
}
