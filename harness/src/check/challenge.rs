//! Challenges of a `WWW-Authenticate` field, taken apart (RFC 9110 section 11.6.1).

use super::grammar::is_token;

/// One challenge: a scheme, and its parameters where it has any.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Challenge<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) parameters: Vec<Parameter<'a>>,
}

/// One parameter of a challenge.
#[derive(Debug, PartialEq, Eq)]
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

/// Takes the challenges of a field apart, or tells what in it is none.
pub(crate) fn challenges(field: &str) -> Result<Vec<Challenge<'_>>, String> {
    let mut challenges: Vec<Challenge<'_>> = Vec::new();
    for item in items(field)? {
        // Commas stand between parameters as they do between challenges: what follows the first word tells which it is.
        let (word, rest) = first_word(item)?;
        let after = rest.trim_start_matches(BLANK);
        if after.starts_with('=') {
            let challenge = challenges.last_mut().ok_or_else(|| format!("`{word}` comes before any scheme"))?;
            challenge.parameters.push(parameter(item)?);
        } else if rest.is_empty() || is_token68(after) {
            challenges.push(Challenge { scheme: word, parameters: vec![] });
        } else if rest.starts_with(BLANK) {
            challenges.push(Challenge { scheme: word, parameters: vec![parameter(after)?] });
        } else {
            return Err(format!("`{item}` is no scheme"));
        }
    }
    if challenges.is_empty() { Err("it is empty".to_owned()) } else { Ok(challenges) }
}

/// The items of a list, split at the commas that stand outside of quotes.
fn items(field: &str) -> Result<Vec<&str>, String> {
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
        return Err("a quote in it is not closed".to_owned());
    }
    items.push(&field[start..]);
    // Empty items are nobody's mistake (RFC 9110 section 5.6.1).
    Ok(items.into_iter().map(|item| item.trim_matches(BLANK)).filter(|item| !item.is_empty()).collect())
}

fn first_word(item: &str) -> Result<(&str, &str), String> {
    let end = item.find(|c: char| !is_token(c)).unwrap_or(item.len());
    if end == 0 { Err(format!("`{item}` begins with no name")) } else { Ok(item.split_at(end)) }
}

fn parameter(item: &str) -> Result<Parameter<'_>, String> {
    let (name, rest) = first_word(item)?;
    let value = rest.trim_start_matches(BLANK).strip_prefix('=').map(|value| value.trim_start_matches(BLANK));
    let value = value.ok_or_else(|| format!("`{item}` has no value"))?;
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if is_quoted(inner) => Ok(Parameter { name, value: inner, quoted: true }),
        None if !value.is_empty() && value.chars().all(is_token) => Ok(Parameter { name, value, quoted: false }),
        _ => Err(format!("the value of `{name}` is neither a word nor in quotes")),
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
    fn told(field: &str) -> Result<Vec<String>, String> {
        let parameter =
            |one: &Parameter<'_>| format!(" {}{}={}", one.name, if one.quoted { "\"" } else { "" }, one.value);
        let told =
            |one: Challenge<'_>| one.scheme.to_owned() + &one.parameters.iter().map(parameter).collect::<String>();
        Ok(challenges(field)?.into_iter().map(told).collect())
    }

    #[test]
    fn schemes_and_parameters_share_their_commas() {
        let rows: [(&str, &[&str]); 6] = [
            (r#"Basic realm="token endpoint""#, &["Basic realm\"=token endpoint"]),
            (r#"Basic realm=a , charset = "UTF-8""#, &["Basic realm=a charset\"=UTF-8"]),
            (
                r#"Newauth realm="a, b", type=1, title="Login to \"x\"", Basic realm="simple""#,
                &[r#"Newauth realm"=a, b type=1 title"=Login to \"x\""#, r#"Basic realm"=simple"#],
            ),
            ("Negotiate, Bearer", &["Negotiate", "Bearer"]),
            ("Negotiate oYGzMIGw==", &["Negotiate"]),
            (r#", Basic realm="""#, &["Basic realm\"="]),
        ];
        for (field, wanted) in rows {
            assert_eq!(
                told(field).as_deref(),
                Ok(wanted.iter().map(ToString::to_string).collect::<Vec<_>>()).as_deref()
            );
        }
    }

    #[test]
    fn anything_else_is_told_in_words() {
        let rows = [
            "",
            ",",
            "Basic realm=\"a",
            r#"realm="a""#,
            "Basic realm=a b",
            r#"Basic realm="a"b"#,
            "Basic realm='a b'",
            "=a",
            "Basic;x",
        ];
        for field in rows {
            assert!(challenges(field).is_err(), "{field}");
        }
    }
}
