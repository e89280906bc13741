//! One request filled from its plan, in one of two inks: secrets for the wire, marks for every reader.

mod address;
mod basic;
pub(crate) mod damage;
pub(crate) mod spelling;
mod spoken;
mod stretch;
pub mod template;

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use ropcheck_reports::drawn::{HeaderCase, Spelling, Value, Way, Writing};

pub use self::address::shown_url;
pub(crate) use self::spoken::spoken;
pub(crate) use self::stretch::ENCODED;

use self::address::address;
use self::damage::{damage_recipe, damaged, damaged_at};
use self::spelling::{picked, spelt};
use self::stretch::{Stretch, changed, shown, text, write};
use self::template::{BOUNDARY, Content, Part, Piece, Template};
use crate::captures::Captures;
use crate::drawn::Drawn;
use crate::scenario::given::Given;

/// In which ink a request is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Secrets as they are: for the wire alone.
    Secrets,
    /// Marks in their place: `⟦alice.password⟧`.
    Marks,
}

/// Fills a request.
///
/// # Errors
/// A kept value that no earlier step brought, by name.
pub fn fill(template: &Template, drawn: &Drawn, kept: &Captures, ink: Ink) -> Result<Request<Bytes>, String> {
    let filler = Filler { drawn, kept, ink };
    match (ink, template.filled.request.get()) {
        (Ink::Secrets, Some(request)) => Ok(request.clone()),
        (Ink::Secrets, None) if template.is_settled() => {
            let request = filler.request(template)?;
            Ok(template.filled.request.get_or_init(|| request).clone())
        }
        (Ink::Secrets | Ink::Marks, _) => filler.request(template),
    }
}

/// A value that is another one in every walk, in quotes; none where it is the same, or can't be told before.
pub(crate) fn varying(part: &Part, drawn: &Drawn) -> Option<String> {
    let filler = Filler { drawn, kept: &Captures::default(), ink: Ink::Marks };
    let raw = if part.is_settled() { None } else { filler.raw(part).ok() }?;
    Some(str::from_utf8(&raw).map_or_else(|_| format!("\"{}\"", raw.escape_ascii()), |text| format!("{text:?}")))
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
        let chunked = spelling.chunked && !body.is_empty();
        let mut request = Request::builder()
            .method(template.method.clone())
            .uri(address(url))
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::send::Damage;
    use crate::secret::Secret;

    fn password() -> Part {
        Part::Text(vec![Piece::Secret("alice.password".into(), Secret::new("pä ss+"))])
    }

    /// A form's body.
    fn filled(form: Vec<(String, Part)>, ink: Ink) -> String {
        let template = Template::to_token(Content::Form(form), vec![]);
        let request = fill(&template, &Drawn::none(), &Captures::default(), ink).expect("nothing is kept or drawn");
        String::from_utf8(request.into_body().to_vec()).expect("text")
    }

    #[test]
    fn the_same_request_in_two_inks() {
        let form = || {
            let username = Part::Text(vec![Piece::Plain("a b".into())]);
            vec![("username".into(), username), ("password".into(), password())]
        };
        assert_eq!(filled(form(), Ink::Secrets), "username=a+b&password=p%C3%A4+ss%2B");
        assert_eq!(filled(form(), Ink::Marks), "username=a+b&password=⟦alice.password⟧");
    }

    #[test]
    fn a_damaged_secret_is_a_recipe_to_its_reader() {
        let form = || vec![("password".into(), Part::Damaged(Box::new(password()), Damage::Flip))];
        assert_eq!(filled(form(), Ink::Secrets), "password=p%C3%A4+xs%2B");
        assert_eq!(filled(form(), Ink::Marks), "password=⟦alice.password, its middle character changed⟧");
    }
}
