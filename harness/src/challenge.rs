//! The challenges of an answer, as far as they can be read (RFC 9110 section 11.6.1).

use crate::exchange::Answer;

/// One challenge of a `WWW-Authenticate` header.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    /// Names in lower case, with values as they stand between their quotes: a backslash that takes the meaning from the
    /// character after it is still there.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The challenges of an answer for one scheme, in any case of it (RFC 9110 section 11.1).
    pub fn all(answer: &Answer, scheme: &str) -> Vec<Self> {
        let mut all = read(&answer.header("www-authenticate").unwrap_or_default());
        all.retain(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme));
        all
    }

    /// The values of a parameter.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.parameters.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it has any parameter.
    pub fn has_parameters(&self) -> bool {
        !self.parameters.is_empty()
    }
}

fn read(header: &str) -> Vec<Challenge> {
    let mut all: Vec<Challenge> = Vec::new();
    for item in items(header) {
        let name = &item[..item.find(|c| !is_tchar(c)).unwrap_or(item.len())];
        let rest = item[name.len()..].trim_start();
        match (parameter(item), all.last_mut()) {
            (Some(parameter), Some(challenge)) => challenge.parameters.push(parameter),
            _ if name.is_empty() => {}
            _ => all.push(Challenge { scheme: name.to_owned(), parameters: parameter(rest).into_iter().collect() }),
        }
    }
    all
}

/// What stands between the commas that are not within quotes.
fn items(header: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let items = header.split(move |c| {
        (quoted, escaped) = (quoted != (c == '"' && !escaped), quoted && c == '\\' && !escaped);
        c == ',' && !quoted
    });
    items.map(str::trim).filter(|item| !item.is_empty())
}

/// `name=value` or `name="value"`. What stands between the first quote and the last is the value, also where a quote among
/// it should have ended it.
fn parameter(item: &str) -> Option<(String, String)> {
    let (name, value) = item.split_once('=')?;
    let (name, value) = (name.trim_end(), value.trim_start());
    let quoted = value.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest));
    // What ends with `=` is a token68, which stands in the place of parameters.
    let is_parameter = !name.is_empty() && name.chars().all(is_tchar) && value.chars().any(|c| c != '=');
    is_parameter.then(|| (name.to_ascii_lowercase(), quoted.unwrap_or(value).to_owned()))
}

/// `tchar` (RFC 9110 section 5.6.2).
fn is_tchar(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_and_parameters_are_told_apart() {
        type Row = (&'static str, &'static [(&'static str, &'static [(&'static str, &'static str)])]);
        #[rustfmt::skip]
        let rows: &[Row] = &[
            ("", &[]),
            ("Bearer", &[("Bearer", &[])]),
            (r#"Bearer realm="a, b", Error=x"#, &[("Bearer", &[("realm", "a, b"), ("error", "x")])]),
            (r#"Negotiate abc==, Bearer realm = "a",, Basic realm="b""#, &[("Negotiate", &[]), ("Bearer", &[("realm", "a")]), ("Basic", &[("realm", "b")])]),
            (r#"Bearer error_description="a \"b\", c", error=d"#, &[("Bearer", &[("error_description", r#"a \"b\", c"#), ("error", "d")])]),
            (r#"Bearer error_description="a "b" c", error=d"#, &[("Bearer", &[("error_description", r#"a "b" c"#), ("error", "d")])]),
            (r#"Bearer realm="open"#, &[("Bearer", &[("realm", "open")])]),
            ("=, realm=a", &[("realm", &[])]),
        ];
        for (header, expected) in rows {
            let expected = expected.iter().map(|(scheme, parameters)| {
                let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                Challenge { scheme: (*scheme).to_owned(), parameters: parameters.collect() }
            });
            assert_eq!(read(header), expected.collect::<Vec<_>>(), "{header}");
        }
    }
}
