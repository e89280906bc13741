//! What a complaint shows of a line of a private file: its keys, and the values of those that hold no secret.
//!
//! A line is all that is looked at, and it may be wrong: whatever is not known to be harmless is hidden.

/// Keys of a target file whose values anybody may read. What stands under any other (a secret, a password, a parameter of
/// `extra`, a key that is misspelt) is hidden.
#[rustfmt::skip]
pub(crate) const HARMLESS: [&str; 33] = [
    "allow_http", "auth", "authorized_by", "ca_file", "clock_skew", "concurrency", "default_scope", "disabled", "dynamic_scope", "failed_logins",
    "failed_logins_in_all", "grants", "id", "introspection_endpoint", "issuer", "jwks_uri", "max_rate", "name", "patience", "preset", "region",
    "requests_per_second", "revocation_endpoint", "sacrificial", "scopes", "sub", "tenant", "throttled_after", "timeout",
    "token_endpoint", "userinfo_endpoint", "username", "workspace",
];

/// Keys whose maps hold nothing else than harmless values, whatever their own keys are.
const HARMLESS_MAPS: [&str; 3] = ["limits", "load", "offers"];

/// What a character of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ink {
    /// A key, or what stands between keys and values.
    Key,
    /// A value that is shown.
    Shown,
    /// What is not.
    Hidden,
}

/// A line with everything dotted out that may be secret, as long as before so that a caret still points at its place.
pub(super) fn masked(line: &str) -> String {
    let shown = |(c, ink)| if ink == Ink::Hidden && !char::is_whitespace(c) { '·' } else { c };
    line.chars().zip(inks(line)).map(shown).collect()
}

/// Whether the value at a column, counted from 1, is shown.
pub(super) fn shows(line: &str, column: usize) -> bool {
    inks(line).get(column.wrapping_sub(1)) == Some(&Ink::Shown)
}

/// A map or list that is open at some place of the line, or the line itself.
#[derive(Default)]
struct Open {
    /// Whether it is a list: all that stands in it is under one key.
    is_list: bool,
    /// The key whose value comes next; none where a key comes next.
    key: Option<String>,
    /// Whether values are harmless whatever their keys.
    harmless: bool,
    /// Whether something was hidden in it: a key that is not known may then be the rest of a value with a comma in it.
    hid: bool,
}

impl Open {
    fn shows_key(&self, key: &str) -> bool {
        let is_name = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        is_name && (!self.hid || is_harmless(key) || ["secret", "password"].contains(&key))
    }

    fn shows_value(&self, value: &str) -> bool {
        let is_open = self.harmless || self.key.as_deref().is_some_and(is_harmless);
        // A URL may hold a name and a password (RFC 3986 section 3.2.1).
        is_open && !value.contains('@') || is_reference(value)
    }
}

fn is_harmless(key: &str) -> bool {
    HARMLESS.contains(&key)
}

/// Whether a value only names the variable of the environment that has the secret.
fn is_reference(value: &str) -> bool {
    let name = value.strip_prefix("${env:").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

fn inks(line: &str) -> Vec<Ink> {
    let chars: Vec<char> = line.chars().collect();
    let mut inks: Vec<Ink> = Vec::with_capacity(chars.len());
    let mut open = vec![Open::default()];
    while let Some(c) = chars.get(inks.len()).copied() {
        let rest = &chars[inks.len()..];
        let is_flow = open.len() > 1;
        let Some(here) = open.last_mut() else { break };
        match c {
            _ if c.is_whitespace() => inks.push(Ink::Key),
            '#' if inks.len().checked_sub(1).is_none_or(|before| chars[before].is_whitespace()) => {
                inks.resize(chars.len(), Ink::Hidden);
            }
            '-' if !is_flow && here.key.is_none() && rest.get(1).is_none_or(|next| next.is_whitespace()) => {
                inks.push(Ink::Key);
            }
            '{' | '[' => {
                let harmless = here.key.as_deref().is_some_and(|key| HARMLESS_MAPS.contains(&key)) || here.harmless;
                let is_list = c == '[';
                let key = here.key.clone().filter(|_| is_list);
                open.push(Open { is_list, key, harmless, hid: false });
                inks.push(Ink::Key);
            }
            '}' | ']' if is_flow => {
                open.pop();
                inks.push(Ink::Key);
            }
            ',' if is_flow => {
                if !here.is_list {
                    here.key = None;
                }
                inks.push(Ink::Key);
            }
            _ => {
                let length = scalar(rest, is_flow, here.key.is_none());
                let text: String = rest[..length].iter().collect();
                let text = text.trim_end().trim_matches(['"', '\'']).to_owned();
                let mut behind = rest[length..].iter().copied().skip_while(|c| *c == ' ');
                let is_key = here.key.is_none() && behind.next() == Some(':');
                let ink = if is_key && here.shows_key(&text) {
                    Ink::Key
                } else if !is_key && here.shows_value(&text) {
                    Ink::Shown
                } else {
                    here.hid = true;
                    Ink::Hidden
                };
                inks.resize(inks.len() + length, ink);
                if is_key {
                    // The colon, and the spaces before it.
                    let colon = rest[length..].iter().position(|c| *c == ':').unwrap_or(0);
                    inks.resize(inks.len() + colon + 1, Ink::Key);
                    here.key = Some(text);
                }
            }
        }
    }
    inks
}

/// How many characters a quoted or plain scalar has that begins here.
fn scalar(rest: &[char], is_flow: bool, may_be_key: bool) -> usize {
    let quote = rest.first().copied().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let mut at = 1;
        while let Some(c) = rest.get(at) {
            match c {
                '\\' if quote == '"' => at += 1,
                c if *c == quote => return at + 1,
                _ => {}
            }
            at += 1;
        }
        return rest.len();
    }
    let ends = |at: &usize| {
        let (c, next) = (rest[*at], rest.get(at + 1));
        let is_before_space = next.is_none_or(|next| next.is_whitespace());
        match c {
            ':' if may_be_key => is_before_space || is_flow && next.is_some_and(|next| ",{}[]".contains(*next)),
            ',' | '{' | '}' | '[' | ']' => is_flow,
            '#' => *at > 0 && rest[at - 1].is_whitespace(),
            _ => false,
        }
    };
    (1..rest.len()).find(ends).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_and_harmless_values_with_them() {
        for (line, shown) in [
            ("patience: soon", "patience: soon"),
            ("limits: { failed_logins: two, oops: 3 } # hunter2", "limits: { failed_logins: two, oops: 3 } · ·······"),
            ("  web: { id: w, secret: hunter2, auth: basic }", "  web: { id: w, secret: ·······, auth: basic }"),
            ("  web: { id: w, secrt: hunter2, auht: basic }", "  web: { id: w, secrt: ·······, ····: ····· }"),
            ("    password: correct horse: battery, staple # x", "    password: ······· ······ ········ ······ · ·"),
            ("- { username: zoë, password: \"a, b: c\\\" d\" }", "- { username: zoë, password: ··· ·· ··· ·· }"),
            ("grants: [password, 'refresh_tokn']", "grants: [password, 'refresh_tokn']"),
            ("secret: [hunter2, x]", "secret: [·······, ·]"),
            ("offers: { refresh_token: maybe }", "offers: { refresh_token: maybe }"),
            ("extra: { audience: hunter2 }", "extra: { audience: ······· }"),
            ("token_endpoint: https://as.example:8080/token#x", "token_endpoint: https://as.example:8080/token#x"),
            ("token_endpoint: 'https://web:hunter2@as example/'", "token_endpoint: ······················· ·········"),
            ("password: \"${env:ALICE}\"", "password: \"${env:ALICE}\""),
            ("password: \"${vault:hunter2}\"", "password: ··················"),
            ("  hunter2", "  ·······"),
            ("hunter2, x: y", "········ ·: ·"),
            ("{ password: hun, ter2: x }", "{ password: ···, ····: · }"),
            ("secret : hunter2", "secret : ·······"),
            ("\"secret\": hunter2}", "\"secret\": ········"),
            ("", ""),
        ] {
            assert_eq!(masked(line), shown);
        }
    }

    #[test]
    fn a_value_is_shown_or_not_by_its_column() {
        let line = "web: { id: w, secret: s }";
        let shown: Vec<usize> = (0..30).filter(|column| shows(line, *column)).collect();
        assert_eq!(shown, [12]);
    }

    #[test]
    fn any_line_keeps_its_length() {
        for line in ["}}}]", "a: 'x", "\"", ":", "{:,:}", "- - a: b", "é: ü", "{a: {b: [c", "a:b", "? x", "\t#"] {
            assert_eq!(masked(line).chars().count(), line.chars().count(), "{line}");
        }
    }
}
