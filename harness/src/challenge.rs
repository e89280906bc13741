//! Challenges of a `WWW-Authenticate` field, taken apart (RFC 9110 section 11.6.1).

use crate::check::grammar::is_token;

/// What a field says: its challenges as far as they can be read, and the first thing in it that has no right form.
#[derive(Debug, Default)]
pub(crate) struct Challenges<'a> {
    pub(crate) all: Vec<Challenge<'a>>,
    pub(crate) wrong: Option<String>,
}

/// One challenge: a scheme, and its parameters where it has any.
#[derive(Debug)]
pub(crate) struct Challenge<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) parameters: Vec<Parameter<'a>>,
}

/// One parameter of a challenge.
#[derive(Debug)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    /// Without its quotes; what is escaped within them stays so.
    pub(crate) value: &'a str,
    pub(crate) quoted: bool,
}

/// Spaces and tabs (RFC 9110 section 5.6.3).
const BLANK: [char; 2] = [' ', '\t'];

impl<'a> Challenge<'a> {
    /// Whether it is of that scheme, whose name is read without regard to case (RFC 9110 section 11.1).
    pub(crate) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The parameters of that name, which is read without regard to case (RFC 9110 section 11.2).
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Parameter<'a>> {
        self.parameters.iter().filter(move |parameter| parameter.name.eq_ignore_ascii_case(name))
    }
}

impl<'a> Challenges<'a> {
    /// Takes a field apart.
    pub(crate) fn read(field: &'a str) -> Self {
        let mut read = Self::default();
        for item in read.items(field) {
            read.item(item);
        }
        if read.all.is_empty() {
            read.note(|| "no scheme in it".to_owned());
        }
        read
    }

    /// Those of one scheme.
    pub(crate) fn of(&self, scheme: &str) -> impl Iterator<Item = &Challenge<'a>> {
        self.all.iter().filter(move |challenge| challenge.is(scheme))
    }

    fn note(&mut self, wrong: impl FnOnce() -> String) {
        self.wrong.get_or_insert_with(wrong);
    }

    /// The items of a list, split at the commas that stand outside of quotes.
    fn items(&mut self, field: &'a str) -> Vec<&'a str> {
        let (mut items, mut start) = (Vec::new(), 0);
        let (mut quoted, mut escaped) = (false, false);
        for (at, c) in field.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                ',' if !quoted => {
                    items.push(&field[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        if quoted {
            self.note(|| "a quote in it is not closed".to_owned());
        }
        items.push(&field[start..]);
        // Empty items are nobody's mistake (RFC 9110 section 5.6.1).
        items.into_iter().map(|item| item.trim_matches(BLANK)).filter(|item| !item.is_empty()).collect()
    }

    /// Commas stand between parameters as they do between challenges: what follows the first word tells which it is.
    fn item(&mut self, item: &'a str) {
        let (word, rest) = item.split_at(item.find(|c: char| !is_token(c)).unwrap_or(item.len()));
        let after = rest.trim_start_matches(BLANK);
        if word.is_empty() {
            self.note(|| format!("`{item}` begins with no name"));
        } else if after.starts_with('=') {
            let parameter = self.parameter(item);
            match (self.all.last_mut(), parameter) {
                (Some(challenge), Some(parameter)) => challenge.parameters.push(parameter),
                (Some(_), None) => {}
                (None, _) => self.note(|| format!("`{word}` comes before any scheme")),
            }
        } else {
            if !rest.is_empty() && !rest.starts_with(BLANK) {
                self.note(|| format!("`{item}` is no scheme"));
            }
            let parameters = if after.is_empty() || is_token68(after) { None } else { self.parameter(after) };
            self.all.push(Challenge { scheme: word, parameters: parameters.into_iter().collect() });
        }
    }

    /// `name=value` or `name="value"`. What stands between the first quote and the last is the value, also where a quote
    /// among it should have ended it.
    fn parameter(&mut self, item: &'a str) -> Option<Parameter<'a>> {
        let (name, value) = match item.split_once('=') {
            Some((name, value)) => (name.trim_end_matches(BLANK), value.trim_start_matches(BLANK)),
            None => (item, ""),
        };
        if value.is_empty() || name.is_empty() || !name.chars().all(is_token) {
            self.note(|| format!("`{item}` is no parameter with its value"));
            return None;
        }
        let Some(opened) = value.strip_prefix('"') else {
            if !value.chars().all(is_token) {
                self.note(|| format!("the value of `{name}` is neither a word nor in quotes"));
            }
            return Some(Parameter { name, value, quoted: false });
        };
        let inner = opened.strip_suffix('"').unwrap_or(opened);
        if inner.len() == opened.len() || !is_quoted(inner) {
            self.note(|| format!("the value of `{name}` is neither a word nor in quotes"));
        }
        Some(Parameter { name, value: inner, quoted: true })
    }
}

/// Whether this can stand between two quotes: no quote within that is not escaped, and no escape without its character.
fn is_quoted(inner: &str) -> bool {
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    !escaped
}

/// The one value that some schemes have in place of parameters (RFC 9110 section 11.2).
fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Schemes with their parameters, `realm"` for one in quotes.
    fn told(read: &Challenges<'_>) -> Vec<String> {
        let parameter =
            |one: &Parameter<'_>| format!(" {}{}={}", one.name, if one.quoted { "\"" } else { "" }, one.value);
        let told =
            |one: &Challenge<'_>| one.scheme.to_owned() + &one.parameters.iter().map(parameter).collect::<String>();
        read.all.iter().map(told).collect()
    }

    #[test]
    fn schemes_and_parameters_share_their_commas() {
        let rows: [(&str, &[&str]); 7] = [
            (r#"Basic realm="token endpoint""#, &["Basic realm\"=token endpoint"]),
            (r#"Basic realm=a , charset = "UTF-8""#, &["Basic realm=a charset\"=UTF-8"]),
            (
                r#"Newauth realm="a, b", type=1, title="Login to \"x\"", Basic realm="simple""#,
                &[r#"Newauth realm"=a, b type=1 title"=Login to \"x\""#, r#"Basic realm"=simple"#],
            ),
            ("Negotiate, Bearer", &["Negotiate", "Bearer"]),
            ("Negotiate oYGzMIGw==", &["Negotiate"]),
            (r#", Basic realm="""#, &["Basic realm\"="]),
            (r#"Negotiate abc==, Bearer realm = "a""#, &["Negotiate", "Bearer realm\"=a"]),
        ];
        for (field, wanted) in rows {
            let read = Challenges::read(field);
            assert_eq!((told(&read), read.wrong.as_deref()), (wanted.iter().map(ToString::to_string).collect(), None));
        }
    }

    #[test]
    fn of_a_field_that_is_wrong_the_rest_is_read_all_the_same() {
        let rows: [(&str, &[&str]); 10] = [
            ("", &[]),
            (",", &[]),
            ("Basic realm=\"a", &["Basic realm\"=a"]),
            (r#"realm="a""#, &[]),
            ("Basic realm=a b", &["Basic realm=a b"]),
            (r#"Basic realm="a"b", x=1"#, &[r#"Basic realm"=a"b", x=1"#]),
            (r#"Bearer error_description="a "b" c", error=d"#, &[r#"Bearer error_description"=a "b" c error=d"#]),
            ("Basic realm='a b'", &["Basic realm='a b'"]),
            ("=a", &[]),
            ("Basic;x", &["Basic"]),
        ];
        for (field, wanted) in rows {
            let read = Challenges::read(field);
            assert!(read.wrong.is_some(), "{field}");
            assert_eq!(told(&read), wanted, "{field}");
        }
    }
}
