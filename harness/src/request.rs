//! One request filled from its plan, in one of two inks: secrets for the wire, marks for every reader.

pub(crate) mod recipe;

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use recipe::{damage_recipe, damaged, damaged_at, picked, spelt};
use ropcheck_reports::drawn::{HeaderCase, Slip, Spelling, Value, Way, Writing};
use url::Url;

use crate::captures::Captures;
use crate::drawn::Drawn;
use crate::scenario::given::Given;
use crate::scenario::{Damage, Encoding};
use crate::secret::Secret;

/// A request with every name resolved, but for what only the walk brings: kept and drawn values.
#[derive(Debug, Clone)]
pub struct Template {
    /// The method.
    pub method: Method,
    /// The endpoint, without the query that the scenario adds.
    pub url: Url,
    /// Parameters of the query.
    pub query: Vec<(String, Part)>,
    /// The body.
    pub body: Content,
    /// Headers in the order of sending.
    pub headers: Vec<(HeaderName, Part)>,
    /// How it is written, where that is drawn.
    pub respelt: Option<Given>,
    /// What it came to, where it is the same in every walk.
    pub filled: Filled,
}

/// A request that was filled once, with what it speaks of that must not stand in its answer.
#[derive(Clone, Default)]
pub struct Filled {
    request: OnceLock<Request<Bytes>>,
    spoken: OnceLock<Vec<(String, String)>>,
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.request.get().is_some() { "filled" } else { "not filled" })
    }
}

impl Template {
    /// The scope that it asks for, where it is the same in every walk.
    pub(crate) fn scope(&self) -> Option<String> {
        let Content::Form(form) = &self.body else { return None };
        match form.iter().find(|(name, _)| name == "scope")?.1.piece()? {
            Piece::Plain(scope) => Some(scope.clone()),
            Piece::Secret(..) | Piece::Kept(_) | Piece::Given(_) | Piece::Attempt => None,
        }
    }

    /// The identifier of the client that it names, where it is the same in every walk.
    pub(crate) fn client_id(&self) -> Option<String> {
        let (Content::Form(form) | Content::Json(form) | Content::Multipart(form)) = &self.body else { return None };
        let named = form.iter().find(|(name, _)| name == "client_id").map(|(_, part)| part);
        let basic = self.headers.iter().find_map(|(_, part)| match part {
            Part::Basic { pair: Pair::Joined(id, ..), .. } => Some(&**id),
            _ => None,
        });
        match named.or(basic)?.piece()? {
            Piece::Plain(id) => Some(id.clone()),
            Piece::Secret(..) | Piece::Kept(_) | Piece::Given(_) | Piece::Attempt => None,
        }
    }

    /// Whether it is the same in every walk: nothing in it is kept or drawn.
    pub(crate) fn is_settled(&self) -> bool {
        let parameters = match &self.body {
            Content::Form(all) | Content::Json(all) | Content::Multipart(all) => all.as_slice(),
            Content::Raw(part) if !part.is_settled() => return false,
            Content::Raw(_) => &[],
        };
        let headers = self.headers.iter().map(|(_, part)| part);
        let mut parts = self.query.iter().chain(parameters).map(|(_, part)| part).chain(headers);
        self.respelt.is_none() && parts.all(Part::is_settled)
    }
}

/// A body, with its parameters still apart where it has any.
#[derive(Debug, Clone)]
pub enum Content {
    /// `application/x-www-form-urlencoded` (RFC 6749 appendix B).
    Form(Vec<(String, Part)>),
    /// The same as one JSON object.
    Json(Vec<(String, Part)>),
    /// The same as `multipart/form-data` with [`BOUNDARY`].
    Multipart(Vec<(String, Part)>),
    /// As it stands.
    Raw(Part),
}

/// The boundary of a multipart body.
pub const BOUNDARY: &str = "ropcheck-boundary";

/// A value of a request.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text, encoded by the place where it stands.
    Text(Vec<Piece>),
    /// Text that goes on the wire as it is.
    Wire(Vec<Piece>),
    /// Bytes, encoded by the place where they stand.
    Bytes(Vec<u8>),
    /// A right value, made wrong.
    Damaged(Box<Part>, Damage),
    /// A right value, made wrong as it is drawn.
    DamagedAs(Box<Part>, Given),
    /// Drawn parameters, which stand in a list of parameters under no name of their own.
    Parameters(Given),
    /// The same in upper case.
    Upper(Box<Part>),
    /// HTTP Basic credentials (RFC 7617 section 2): scheme and the pair before base64.
    Basic {
        /// The scheme as it is written.
        scheme: String,
        /// Identifier and secret, or the whole pair.
        pair: Pair,
        /// How they are written, where that is drawn; the scheme then is too.
        written: Option<Given>,
    },
}

/// What stands before base64 in Basic credentials.
#[derive(Debug, Clone)]
pub enum Pair {
    /// Identifier and secret, joined by a colon.
    Joined(Box<Part>, Box<Part>, Encoding),
    /// The whole.
    Whole(Box<Part>),
}

/// A piece of text.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text that may be seen.
    Plain(String),
    /// A secret with its mark's name: `alice.password`.
    Secret(String, Secret),
    /// A value kept by an earlier step.
    Kept(String),
    /// A drawn value of a property.
    Given(String),
    /// The number of the walk.
    Attempt,
}

impl Part {
    /// Whether a secret is in it, kept values among them.
    fn holds_secret(&self) -> bool {
        match self {
            Self::Text(pieces) | Self::Wire(pieces) => {
                pieces.iter().any(|piece| matches!(piece, Piece::Secret(..) | Piece::Kept(_)))
            }
            Self::Bytes(_) | Self::Parameters(_) => false,
            Self::Damaged(of, _)
            | Self::DamagedAs(of, _)
            | Self::Upper(of)
            | Self::Basic { pair: Pair::Whole(of), .. } => of.holds_secret(),
            Self::Basic { pair: Pair::Joined(id, secret, _), .. } => id.holds_secret() || secret.holds_secret(),
        }
    }
}

impl Part {
    /// The one piece that it is, where it is text of no more than that.
    pub fn piece(&self) -> Option<&Piece> {
        match self {
            Self::Text(pieces) => match pieces.as_slice() {
                [piece] => Some(piece),
                _ => None,
            },
            Self::Wire(_)
            | Self::Bytes(_)
            | Self::Damaged(..)
            | Self::DamagedAs(..)
            | Self::Parameters(_)
            | Self::Upper(_)
            | Self::Basic { .. } => None,
        }
    }

    /// Whether it is the same in every walk.
    fn is_settled(&self) -> bool {
        match self {
            Self::Text(pieces) | Self::Wire(pieces) => {
                !pieces.iter().any(|piece| matches!(piece, Piece::Kept(_) | Piece::Given(_) | Piece::Attempt))
            }
            Self::Bytes(_) => true,
            Self::DamagedAs(..) | Self::Parameters(_) | Self::Basic { written: Some(_), .. } => false,
            Self::Damaged(of, _) | Self::Upper(of) | Self::Basic { pair: Pair::Whole(of), .. } => of.is_settled(),
            Self::Basic { pair: Pair::Joined(id, secret, _), .. } => id.is_settled() && secret.is_settled(),
        }
    }
}

impl Piece {
    /// Whether upper case would change it; of a value that only the walk brings that is taken for granted.
    pub fn has_lower_case(&self) -> bool {
        match self {
            Self::Plain(text) => text.chars().any(char::is_lowercase),
            Self::Secret(_, secret) => secret.expose().chars().any(char::is_lowercase),
            Self::Kept(_) | Self::Given(_) => true,
            Self::Attempt => false,
        }
    }
}

/// In which ink a request is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Secrets as they are: for the wire alone.
    Secrets,
    /// Marks in their place: `⟦alice.password⟧`.
    Marks,
}

/// What is put behind a mark whose text stands there percent-encoded as no tool would encode it by itself.
pub(crate) const ENCODED: &str = ", percent-encoded";

/// A stretch of a filled value.
enum Stretch {
    /// Bytes that are encoded by the place where they stand.
    Bytes(Vec<u8>),
    /// Text that is encoded already.
    Wire(String),
    /// The name of a secret, never encoded; [`Ink::Marks`] alone makes these.
    Mark(String),
}

/// The bytes that form-encoding leaves alone (RFC 6749 appendix B: HTML's set, a space becoming `+`).
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');

/// Fills a request.
///
/// # Errors
/// A kept value that no earlier step brought, by name.
pub fn fill(template: &Template, drawn: &Drawn, kept: &Captures, ink: Ink) -> Result<Request<Bytes>, String> {
    if ink == Ink::Marks || !template.is_settled() {
        return Filler { drawn, kept, ink }.request(template);
    }
    if let Some(request) = template.filled.request.get() {
        return Ok(request.clone());
    }
    let request = Filler { drawn, kept, ink }.request(template)?;
    Ok(template.filled.request.get_or_init(|| request).clone())
}

/// A value that is another one in every walk, in quotes; none where it is the same, or can't be told before.
pub(crate) fn varying(part: &Part, drawn: &Drawn) -> Option<String> {
    let filler = Filler { drawn, kept: &Captures::default(), ink: Ink::Marks };
    let raw = if part.is_settled() { None } else { filler.raw(part).ok() }?;
    Some(str::from_utf8(&raw).map_or_else(|_| format!("\"{}\"", raw.escape_ascii()), |text| format!("{text:?}")))
}

/// The values of a request that hold a secret, as they are and as marks: what must not stand in its answer.
pub fn spoken<'t>(template: &'t Template, drawn: &Drawn, kept: &Captures) -> Cow<'t, [(String, String)]> {
    if template.is_settled() {
        Cow::Borrowed(template.filled.spoken.get_or_init(|| spoken_of(template, drawn, kept)))
    } else {
        Cow::Owned(spoken_of(template, drawn, kept))
    }
}

fn spoken_of(template: &Template, drawn: &Drawn, kept: &Captures) -> Vec<(String, String)> {
    let parameters = match &template.body {
        Content::Form(all) | Content::Json(all) | Content::Multipart(all) => all.as_slice(),
        Content::Raw(_) => &[],
    };
    // A secret as it is, and a kept value, are known without.
    let made = |part: &&Part| part.holds_secret() && part.piece().is_none();
    let parts = template.query.iter().chain(parameters).map(|(_, part)| part).filter(made);
    let text =
        |part: &Part, ink| Filler { drawn, kept, ink }.raw(part).map(|raw| String::from_utf8_lossy(&raw).into_owned());
    let both = |part| Some((text(part, Ink::Secrets).ok()?, text(part, Ink::Marks).ok()?));
    // Of a header it is what follows the scheme: `Basic` alone is no secret (RFC 9110 section 11.4). Credentials that come
    // twice or with something behind them are each looked for as they are.
    let headers = template.headers.iter().filter(|(_, part)| part.holds_secret());
    let credentials = headers.filter_map(|(_, part)| both(part)).flat_map(|(secret, mark)| {
        let (scheme, after) = secret.split_once(' ').unwrap_or_default();
        let mark = mark.split_once(' ').map(|(_, mark)| mark.trim_start().to_owned()).unwrap_or_default();
        let each = after.split([' ', ',']).map(|one| one.trim_end_matches('!'));
        let each = each.filter(|one| !one.is_empty() && *one != scheme).map(|one| (one.to_owned(), mark.clone()));
        each.collect::<Vec<_>>()
    });
    let all = parts.filter_map(both).chain(credentials).filter(|(secret, mark)| secret != mark);
    all.map(|(secret, mark)| (secret, mark.chars().map(harmless).collect())).collect()
}

/// A character of a mark, which may come to stand in a JSON text: what would end or break a string there is not shown.
fn harmless(c: char) -> char {
    if c.is_control() || matches!(c, '"' | '\\') { char::REPLACEMENT_CHARACTER } else { c }
}

/// A URL as a reader sees it: marks in it read as marks again, everything else as it was sent.
pub fn shown_url(uri: &http::Uri) -> String {
    let (open, close) = (escaped('⟦'), escaped('⟧'));
    let text = uri.to_string();
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some((before, mark, after)) = rest
        .split_once(&open)
        .and_then(|(before, from)| from.split_once(&close).map(|(mark, after)| (before, mark, after)))
    {
        let mark = percent_encoding::percent_decode_str(mark).decode_utf8_lossy();
        shown.push_str(&format!("{before}⟦{mark}⟧"));
        rest = after;
    }
    shown + rest
}

fn escaped(c: char) -> String {
    percent_encode(c.encode_utf8(&mut [0; 4]).as_bytes(), NON_ALPHANUMERIC).to_string()
}

struct Filler<'a> {
    drawn: &'a Drawn,
    kept: &'a Captures,
    ink: Ink,
}

impl Filler<'_> {
    fn request(&self, template: &Template) -> Result<Request<Bytes>, String> {
        let usual = Spelling::default();
        let spelling = template.respelt.as_ref().map_or(Ok(&usual), |given| self.spelling(given))?;
        let mut url = template.url.to_string();
        if !template.query.is_empty() {
            url.push(if template.url.query().is_some() { '&' } else { '?' });
            url.push_str(&String::from_utf8_lossy(&self.form(&template.query, &usual)?));
        }
        let body = match &template.body {
            Content::Form(parameters) => self.form(parameters, spelling)?,
            Content::Json(parameters) => self.json(parameters)?,
            Content::Multipart(parameters) => self.multipart(parameters)?,
            Content::Raw(part) => self.raw(part)?,
        };
        // A URI holds no marks: in that ink they are percent-encoded here and read back by [`shown_url`].
        let uri = if url.bytes().all(|byte| byte.is_ascii_graphic()) {
            url
        } else {
            url.chars().map(|c| if c.is_ascii_graphic() { c.to_string() } else { escaped(c) }).collect()
        };
        let chunked = spelling.chunked && !body.is_empty();
        let mut request = Request::builder()
            .method(template.method.clone())
            .uri(uri)
            .body(Bytes::from(body))
            .map_err(|why| format!("the request could not be built: {why}"))?;
        for (name, part) in &template.headers {
            let value = self.raw(part)?;
            let value = HeaderValue::from_bytes(&value)
                .map_err(|_| format!("the value of header {name} can't be sent: it holds a control character"))?;
            request.headers_mut().append(name, value);
        }
        if chunked {
            request.headers_mut().insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        // The carrier reads it: a name in a `HeaderMap` has no case.
        if spelling.headers != HeaderCase::Lower {
            request.extensions_mut().insert(spelling.headers);
        }
        Ok(request)
    }

    /// Parameters, form-encoded (RFC 6749 appendix B) in a spelling.
    fn form(&self, parameters: &[(String, Part)], spelling: &Spelling) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        for (name, value) in picked(self.parameters(parameters)?, &spelling.order) {
            if !out.is_empty() {
                out.push(b'&');
            }
            Self::encode([&name], &spelling.ways, &mut out);
            out.push(b'=');
            Self::encode(&value, &spelling.ways, &mut out);
        }
        Ok(out)
    }

    fn encode<'s>(stretches: impl IntoIterator<Item = &'s Stretch>, ways: &[Way], out: &mut Vec<u8>) {
        for stretch in stretches {
            match stretch {
                Stretch::Bytes(bytes) => out.extend(spelt(bytes, ways).bytes()),
                Stretch::Wire(text) => out.extend(text.bytes()),
                Stretch::Mark(name) if ways.is_empty() => out.extend(format!("⟦{name}⟧").bytes()),
                Stretch::Mark(name) => out.extend(format!("⟦{name}{ENCODED}⟧").bytes()),
            }
        }
    }

    /// Every parameter in order, drawn ones in their place.
    fn parameters(&self, parameters: &[(String, Part)]) -> Result<Vec<(Stretch, Vec<Stretch>)>, String> {
        let mut all = Vec::with_capacity(parameters.len());
        for (name, part) in parameters {
            match part {
                Part::Parameters(Given(name)) => match self.drawn(name)? {
                    Value::Parameters(drawn) => {
                        for (name, value) in drawn {
                            all.push((text(name)?, vec![text(value)?]));
                        }
                    }
                    other => return Err(format!("`{name}` draws no parameters but {other}")),
                },
                part => all.push((Stretch::Bytes(name.clone().into_bytes()), self.stretches(part)?)),
            }
        }
        Ok(all)
    }

    fn json(&self, parameters: &[(String, Part)]) -> Result<Vec<u8>, String> {
        let mut object = serde_json::Map::new();
        for (name, value) in self.parameters(parameters)? {
            object.insert(shown([&name]), shown(&value).into());
        }
        Ok(serde_json::Value::Object(object).to_string().into_bytes())
    }

    fn multipart(&self, parameters: &[(String, Part)]) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        for (name, value) in self.parameters(parameters)? {
            let name = shown([&name]);
            out.extend(format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").bytes());
            write(&value, &mut out);
            out.extend(b"\r\n");
        }
        out.extend(format!("--{BOUNDARY}--\r\n").bytes());
        Ok(out)
    }

    /// A value without any encoding.
    fn raw(&self, part: &Part) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        write(&self.stretches(part)?, &mut out);
        Ok(out)
    }

    fn drawn(&self, name: &str) -> Result<&Value, String> {
        self.drawn.get(name).ok_or_else(|| format!("no value is drawn for `{name}`"))
    }

    fn spelling(&self, Given(name): &Given) -> Result<&Spelling, String> {
        match self.drawn(name)? {
            Value::Spelling(spelling) => Ok(spelling),
            other => Err(format!("`{name}` draws no spelling but {other}")),
        }
    }

    fn stretches(&self, part: &Part) -> Result<Vec<Stretch>, String> {
        match part {
            Part::Text(pieces) => pieces.iter().map(|piece| self.piece(piece)).collect(),
            Part::Wire(pieces) => {
                let on_the_wire = |stretch| match stretch {
                    Stretch::Bytes(bytes) => Stretch::Wire(String::from_utf8_lossy(&bytes).into_owned()),
                    other => other,
                };
                pieces.iter().map(|piece| self.piece(piece).map(on_the_wire)).collect()
            }
            Part::Bytes(bytes) => Ok(vec![Stretch::Bytes(bytes.clone())]),
            Part::Damaged(of, how) => Ok(changed(self.stretches(of)?, damage_recipe(*how), |text| damaged(text, *how))),
            Part::DamagedAs(of, Given(name)) => match self.drawn(name)? {
                Value::Damage(damage) => {
                    Ok(changed(self.stretches(of)?, &damage.to_string(), |text| damaged_at(text, *damage)))
                }
                other => Err(format!("`{name}` draws no damage but {other}")),
            },
            Part::Parameters(Given(name)) => Err(format!("`{name}` draws parameters, which stand in no value")),
            Part::Upper(of) => {
                let of = self.stretches(of)?;
                // The plan has seen to it for all but kept values: the same text again would be no change at all.
                let has_lower_case = |stretch: &Stretch| match stretch {
                    Stretch::Bytes(bytes) => String::from_utf8_lossy(bytes).chars().any(char::is_lowercase),
                    Stretch::Wire(text) => text.chars().any(char::is_lowercase),
                    Stretch::Mark(_) => true,
                };
                if !of.iter().any(has_lower_case) {
                    return Err("what it would write in upper case has no lower-case letter".to_owned());
                }
                Ok(changed(of, "in upper case", str::to_uppercase))
            }
            Part::Basic { scheme, pair, written: None } => {
                let usual = Writing { scheme: scheme.clone(), spaces: 1, ways: vec![], slip: None };
                self.basic(&usual, pair)
            }
            Part::Basic { pair, written: Some(Given(name)), .. } => match self.drawn(name)? {
                Value::Writing(writing) => self.basic(writing, pair),
                other => Err(format!("`{name}` draws no way to write Basic credentials but {other}")),
            },
        }
    }

    fn piece(&self, piece: &Piece) -> Result<Stretch, String> {
        let bytes = |text: &str| Stretch::Bytes(text.as_bytes().to_vec());
        match (piece, self.ink) {
            (Piece::Plain(text), _) => Ok(bytes(text)),
            (Piece::Secret(_, secret), Ink::Secrets) => Ok(bytes(secret.expose())),
            (Piece::Secret(mark, _), Ink::Marks) => Ok(Stretch::Mark(mark.clone())),
            (Piece::Kept(name), Ink::Secrets) => self
                .kept
                .get(name)
                .map(|secret| bytes(secret.expose()))
                .ok_or_else(|| format!("no earlier answer brought `{name}`")),
            (Piece::Kept(name), Ink::Marks) => Ok(Stretch::Mark(format!("kept {name}"))),
            (Piece::Given(name), _) => text(self.drawn(name)?),
            (Piece::Attempt, _) => Ok(bytes(&self.drawn.attempt().to_string())),
        }
    }

    /// Basic credentials (RFC 7617 section 2), as they are written.
    fn basic(&self, Writing { scheme, spaces, ways, slip }: &Writing, pair: &Pair) -> Result<Vec<Stretch>, String> {
        let colon = || Stretch::Bytes(if *slip == Some(Slip::NoColon) { vec![] } else { b":".to_vec() });
        let mut pair = match pair {
            Pair::Whole(part) => self.stretches(part)?,
            Pair::Joined(id, secret, encoding) => {
                let encode = |part: &Part| -> Result<Vec<Stretch>, String> {
                    let stretches = self.stretches(part)?;
                    Ok(stretches.into_iter().map(|stretch| encoded(stretch, *encoding, ways)).collect())
                };
                let mut joined = encode(id)?;
                joined.push(colon());
                joined.extend(encode(secret)?);
                joined
            }
        };
        if *slip == Some(Slip::Control) {
            pair.push(Stretch::Bytes(vec![0]));
        }
        let mut whole = Vec::new();
        write(&pair, &mut whole);
        // Base64 of a mark would tell a reader nothing: what it is made from is shown instead.
        let has_marks = pair.iter().any(|stretch| matches!(stretch, Stretch::Mark(_)));
        let shown = String::from_utf8_lossy(&whole).into_owned();
        let base64 = if has_marks { format!("base64({shown})") } else { STANDARD.encode(&whole) };
        let after = match slip {
            None | Some(Slip::NoColon | Slip::Control) => base64,
            Some(Slip::Alone) => return Ok(vec![Stretch::Bytes(scheme.clone().into_bytes())]),
            Some(Slip::Plain) => shown,
            Some(Slip::Alphabet) => format!("{base64}!"),
            // Five characters are one too many for four: no number of bytes is written so.
            Some(Slip::LeftOver) => format!("{}A", base64.trim_end_matches('=')),
            Some(Slip::Twice) => format!("{base64}, {scheme} {base64}"),
        };
        Ok(vec![Stretch::Bytes(format!("{scheme}{}{after}", " ".repeat(*spaces)).into_bytes())])
    }
}

/// Stretches without any encoding.
fn write(stretches: &[Stretch], out: &mut Vec<u8>) {
    for stretch in stretches {
        match stretch {
            Stretch::Bytes(bytes) => out.extend(bytes),
            Stretch::Wire(text) => out.extend(text.bytes()),
            Stretch::Mark(name) => out.extend(format!("⟦{name}⟧").bytes()),
        }
    }
}

/// Stretches without any encoding, as text.
fn shown<'s>(stretches: impl IntoIterator<Item = &'s Stretch>) -> String {
    let mut out = Vec::new();
    stretches.into_iter().for_each(|stretch| write(std::slice::from_ref(stretch), &mut out));
    String::from_utf8_lossy(&out).into_owned()
}

/// A drawn text.
fn text(value: &Value) -> Result<Stretch, String> {
    match value {
        Value::Text(text) => Ok(Stretch::Bytes(text.clone().into_bytes())),
        Value::Bytes(octets) => Ok(Stretch::Bytes(octets.0.clone())),
        Value::Wire(text) => Ok(Stretch::Wire(text.clone())),
        Value::Parameters(_) | Value::Damage(_) | Value::Writing(_) | Value::Spelling(_) | Value::Moves(_) => {
            Err(format!("no text is drawn but {value}"))
        }
    }
}

/// A stretch of an identifier or secret as it stands before base64.
fn encoded(stretch: Stretch, encoding: Encoding, ways: &[Way]) -> Stretch {
    match (stretch, encoding) {
        (Stretch::Bytes(bytes), Encoding::Form) => Stretch::Bytes(spelt(&bytes, ways).into_bytes()),
        (Stretch::Bytes(bytes), Encoding::FormButColon) => {
            Stretch::Bytes(form_encoded(&bytes).replace("%3A", ":").into_bytes())
        }
        (Stretch::Mark(mark), Encoding::Form) if !ways.is_empty() => Stretch::Mark(format!("{mark}{ENCODED}")),
        (stretch, Encoding::Form | Encoding::FormButColon | Encoding::Raw) => stretch,
    }
}

/// Text in `application/x-www-form-urlencoded` form: a space becomes `+`.
pub fn form_encoded(bytes: &[u8]) -> String {
    let encoded = Cow::from(percent_encode(bytes, FORM));
    if encoded.contains("%20") { encoded.replace("%20", "+") } else { encoded.into_owned() }
}

/// A value changed as a whole; of one with a mark in it, the mark tells how.
fn changed(stretches: Vec<Stretch>, recipe: &str, change: impl Fn(&str) -> String) -> Vec<Stretch> {
    let mut whole = Vec::new();
    let mut marked = false;
    let mut name = String::new();
    for stretch in stretches {
        match stretch {
            Stretch::Bytes(bytes) => {
                name.push_str(&String::from_utf8_lossy(&bytes));
                whole.extend(bytes);
            }
            Stretch::Wire(text) => {
                name.push_str(&text);
                whole.extend(text.bytes());
            }
            Stretch::Mark(mark) => {
                marked = true;
                name.push_str(&mark);
            }
        }
    }
    vec![if marked {
        Stretch::Mark(format!("{name}, {recipe}"))
    } else {
        Stretch::Bytes(change(&String::from_utf8_lossy(&whole)).into_bytes())
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password() -> Part {
        Part::Text(vec![Piece::Secret("alice.password".into(), Secret::new("pä ss+"))])
    }

    fn template(body: Content, headers: Vec<(HeaderName, Part)>) -> Template {
        Template {
            method: Method::POST,
            url: Url::parse("http://127.0.0.1/token").expect("a URL"),
            query: vec![],
            body,
            headers,
            respelt: None,
            filled: Filled::default(),
        }
    }

    fn body(template: &Template, ink: Ink) -> String {
        let request = fill(template, &Drawn::none(), &Captures::default(), ink).expect("nothing is kept or drawn");
        String::from_utf8(request.into_body().to_vec()).expect("text")
    }

    #[test]
    fn the_same_request_in_two_inks() {
        let form = template(
            Content::Form(vec![
                ("username".into(), Part::Text(vec![Piece::Plain("a b".into())])),
                ("password".into(), password()),
            ]),
            vec![],
        );
        assert_eq!(body(&form, Ink::Secrets), "username=a+b&password=p%C3%A4+ss%2B");
        assert_eq!(body(&form, Ink::Marks), "username=a+b&password=⟦alice.password⟧");
    }

    #[test]
    fn a_damaged_secret_is_a_recipe_to_its_reader() {
        let form = template(
            Content::Form(vec![("password".into(), Part::Damaged(Box::new(password()), Damage::Flip))]),
            vec![],
        );
        assert_eq!(body(&form, Ink::Secrets), "password=p%C3%A4+xs%2B");
        assert_eq!(body(&form, Ink::Marks), "password=⟦alice.password, its middle character changed⟧");
    }

    #[test]
    fn a_mark_breaks_no_json_text() {
        let cut = Part::Text(vec![
            Piece::Secret("alice.password".into(), Secret::new("wonderland")),
            Piece::Plain("\0\"x".into()),
        ]);
        let form = template(Content::Form(vec![("password".into(), cut)]), vec![]);
        let spoken = spoken(&form, &Drawn::none(), &Captures::default());
        assert_eq!(*spoken, [("wonderland\0\"x".to_owned(), "⟦alice.password⟧\u{fffd}\u{fffd}x".to_owned())]);
    }

    #[test]
    fn basic_credentials_are_form_encoded_before_base64() {
        let pair = Pair::Joined(
            Box::new(Part::Text(vec![Piece::Plain("web app".into())])),
            Box::new(password()),
            Encoding::Form,
        );
        let part = Part::Basic { scheme: "Basic".into(), pair, written: None };
        let request = template(Content::Form(vec![]), vec![(http::header::AUTHORIZATION, part)]);
        let value = |ink| {
            let filled = fill(&request, &Drawn::none(), &Captures::default(), ink).expect("nothing is kept or drawn");
            String::from_utf8(filled.headers()["authorization"].as_bytes().to_vec()).expect("text")
        };
        assert_eq!(value(Ink::Secrets), format!("Basic {}", STANDARD.encode("web+app:p%C3%A4+ss%2B")));
        assert_eq!(value(Ink::Marks), "Basic base64(web+app:⟦alice.password⟧)");
    }
}
