//! The parameters of a request, each of them once.

use crate::policy::{Charset, Crash, Escapes, FormReading, Plus, Policy, Repeats};
use crate::refusal::Refusal;

/// What a token request says, form-decoded; a parameter without a value counts as left out.
///
/// Without a `Debug` of its own, because it holds passwords.
#[derive(Default)]
pub(crate) struct Form {
    values: [Option<String>; NAMES.len()],
}

/// The parameters that something in this server reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    AccessToken,
    ClientId,
    ClientSecret,
    GrantType,
    Password,
    RefreshToken,
    Scope,
    Token,
    TokenTypeHint,
    Username,
}

/// The parameters of RFC 6749 section 11.2.2, RFC 6750 section 2.2, RFC 7009 section 2.1 and RFC 7662 section 2.1: first
/// those of [`Parameter`], in its order, then those that nothing reads, which are known all the same, so that their
/// repetition is refused.
const NAMES: [(&str, Secrecy); 12] = [
    ("access_token", Secrecy::Credential),
    ("client_id", Secrecy::Public),
    ("client_secret", Secrecy::Credential),
    ("grant_type", Secrecy::Public),
    ("password", Secrecy::Credential),
    ("refresh_token", Secrecy::Credential),
    ("scope", Secrecy::Public),
    ("token", Secrecy::Credential),
    ("token_type_hint", Secrecy::Public),
    ("username", Secrecy::Credential),
    ("code", Secrecy::Credential),
    ("redirect_uri", Secrecy::Public),
];

/// Whether a parameter may be seen in a URI.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Public,
    Credential,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded` in UTF-8 (RFC 6749 appendix B).
    pub(crate) fn read(raw: &[u8], policy: &Policy) -> Result<Self, Refusal> {
        let mut form = Self::default();
        for (place, (name, value)) in pairs(raw).enumerate() {
            let known = if policy.parameter_names_are_exact {
                position(name, policy.form)
            } else {
                position(&name.to_ascii_lowercase(), policy.form)
            };
            let Some(slot) = known else {
                // RFC 6749 section 3.2: unrecognized parameters are ignored.
                if policy.unknown_parameters_ignored {
                    continue;
                }
                return Err(Refusal::invalid_request("a parameter is unknown"));
            };
            let value = match decode(value, policy.form) {
                Ok(value) => value,
                Err(Malformed) => {
                    policy.stands(Crash::BadEscape)?;
                    return Err(Refusal::invalid_request("a parameter is not well encoded"));
                }
            };
            if slot == Parameter::GrantType as usize && place > 0 && !policy.order_is_free {
                continue;
            }
            form.values[slot] = Some(match form.values[slot].take() {
                None => value,
                Some(first) => one_of(first, &value, slot, policy.repeats)?,
            });
        }
        // RFC 6749 section 3.2: without a value is as good as absent, once repetition has been looked at.
        if policy.empty_is_absent {
            for value in &mut form.values {
                value.take_if(|value| value.is_empty());
            }
        }
        Ok(form)
    }

    /// The value of a parameter, unless it was left out.
    pub(crate) fn get(&self, parameter: Parameter) -> Option<&str> {
        self.values[parameter as usize].as_deref()
    }
}

/// The part of a query that tells the client.
pub(crate) fn about_client(query: &[u8]) -> Vec<u8> {
    let of_client = query.split(|&byte| byte == b'&').filter(|pair| pair.starts_with(b"client_"));
    of_client.collect::<Vec<_>>().join(&b'&')
}

/// Whether a query holds what must never be in a URI (RFC 6749 section 2.3.1; the user's credentials all the more).
pub(crate) fn names_a_credential(query: &[u8]) -> bool {
    let mut known = pairs(query).filter_map(|(name, _)| position(name, FormReading::STRICT));
    known.any(|slot| NAMES[slot].1 == Secrecy::Credential)
}

/// What a parameter comes to that is there twice: RFC 6749 section 3.2 has it refused, whatever its values.
fn one_of(first: String, second: &str, slot: usize, repeats: Repeats) -> Result<String, Refusal> {
    match repeats {
        Repeats::First => Ok(first),
        Repeats::ScopesJoined if slot == Parameter::Scope as usize => Ok(format!("{first} {second}")),
        Repeats::Refused | Repeats::ScopesJoined => Err(Refusal::invalid_request("a parameter is repeated")),
    }
}

/// Bytes that are no form encoding of UTF-8 text.
#[derive(Debug)]
pub(crate) struct Malformed;

/// Undoes form encoding; a `%` without two digits and bytes that are not UTF-8 are errors, never guesses.
pub(crate) fn decode(encoded: &[u8], reading: FormReading) -> Result<String, Malformed> {
    // Most texts have nothing to undo, and those that do not much of it.
    let plain = encoded.iter().take_while(|byte| !matches!(byte, b'%' | b'+')).count();
    let (plain, mut rest) = encoded.split_at(plain);
    let mut decoded = Vec::with_capacity(encoded.len());
    decoded.extend_from_slice(plain);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        decoded.push(match (byte, reading.plus) {
            (b'%', _) => match escape(after, reading.escapes) {
                Some((byte, after)) => {
                    rest = after;
                    byte
                }
                None if reading.escapes == Escapes::All => return Err(Malformed),
                None => b'%',
            },
            (b'+', Plus::Space) => b' ',
            (byte, _) => byte,
        });
    }
    let latin1 = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect();
    match reading.charset {
        Charset::Utf8 => String::from_utf8(decoded).map_err(|_| Malformed),
        Charset::Latin1 => Ok(latin1(&decoded)),
        Charset::Utf8Replaced => Ok(String::from_utf8_lossy(&decoded).into_owned()),
        Charset::Utf8OrLatin1 => Ok(String::from_utf8(decoded).unwrap_or_else(|error| latin1(error.as_bytes()))),
    }
}

/// What is written there, be it nothing because it can't be read.
pub(crate) fn text(encoded: &[u8]) -> String {
    decode(encoded, FormReading::STRICT).unwrap_or_default()
}

/// The byte that two digits stand for, and what comes after them.
fn escape(digits: &[u8], escapes: Escapes) -> Option<(u8, &[u8])> {
    let (pair, after) = digits.split_at_checked(2)?;
    let byte = hex(pair[0])? << 4 | hex(pair[1])?;
    let undone = match escapes {
        Escapes::All | Escapes::Lenient => true,
        Escapes::UpperCase => !pair.iter().any(u8::is_ascii_lowercase),
        Escapes::ButSpace => byte != b' ',
    };
    undone.then_some((byte, after))
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Whether a parameter, its name still encoded, is one that the server knows.
pub(crate) fn knows(encoded: &[u8]) -> bool {
    position(encoded, FormReading::STRICT).is_some()
}

/// Names and values, still encoded.
pub(crate) fn pairs(raw: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    raw.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        }
    })
}

/// Where a parameter is kept, if the server knows it. A name that cannot be decoded is nobody's.
fn position(encoded: &[u8], reading: FormReading) -> Option<usize> {
    let place = |name: &[u8]| NAMES.iter().position(|&(known, _)| known.as_bytes() == name);
    // Hardly anybody encodes a name.
    place(encoded).or_else(|| place(decode(encoded, reading).ok()?.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Result<Form, Refusal> {
        Form::read(raw.as_bytes(), &Policy::strict())
    }

    #[test]
    fn the_table_is_in_the_order_of_the_parameters() {
        let rows = [
            (Parameter::AccessToken, "access_token"),
            (Parameter::ClientId, "client_id"),
            (Parameter::ClientSecret, "client_secret"),
            (Parameter::GrantType, "grant_type"),
            (Parameter::Password, "password"),
            (Parameter::RefreshToken, "refresh_token"),
            (Parameter::Scope, "scope"),
            (Parameter::Token, "token"),
            (Parameter::TokenTypeHint, "token_type_hint"),
            (Parameter::Username, "username"),
        ];
        for (parameter, name) in rows {
            assert_eq!(NAMES[parameter as usize].0, name);
        }
    }

    #[test]
    fn values_are_decoded_once() {
        let form = read("username=a%2Bb+c%2526%C3%A9&pass%77ord=x%3D&&scope").unwrap();
        assert_eq!(form.get(Parameter::Username), Some("a+b c%26é"));
        assert_eq!(form.get(Parameter::Password), Some("x="));
        assert_eq!(form.get(Parameter::Scope), None);
    }

    #[test]
    fn only_defined_parameters_can_be_malformed_or_repeated() {
        for refused in ["username=%", "username=%4", "username=%zz", "username=%FF", "code=1&code=1", "scope=&scope=a"]
        {
            assert!(read(refused).is_err(), "{refused}");
        }
        for ignored in ["x=%", "%zz=1", "x=1&x=2", "Username=%zz"] {
            assert!(read(ignored).is_ok(), "{ignored}");
        }
    }

    #[test]
    fn credentials_are_recognized_in_a_query() {
        assert!(names_a_credential(b"a=1&pass%77ord=x"));
        assert!(!names_a_credential(b"a=password&client_id=x"));
    }
}
