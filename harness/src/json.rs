//! A JSON object as it was written: members in order, repeated ones kept, values as raw text.

use std::fmt;

use serde::de;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The members of one JSON object, in order, with the raw text of each value.
#[derive(Debug)]
pub struct Members(Vec<(String, Box<RawValue>)>);

/// Why a body is not one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnObject(String);

/// The types of RFC 8259 section 3, whole numbers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// A text.
    String,
    /// A number.
    Number,
    /// A number without fraction or exponent.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An array.
    Array,
    /// An object.
    Object,
    /// `null`.
    Null,
}

impl Type {
    /// The type of a raw value.
    pub fn of(raw: &str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'[') => Self::Array,
            Some(b'{') => Self::Object,
            Some(b'n') | None => Self::Null,
            Some(_) if raw.contains(['.', 'e', 'E']) => Self::Number,
            Some(_) => Self::Integer,
        }
    }

    /// Whether a value of this type is one of the wanted: an integer is a number too.
    pub fn is(self, wanted: Self) -> bool {
        self == wanted || (self == Self::Integer && wanted == Self::Number)
    }

    /// The type with its article.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Integer => "an integer",
            Self::Boolean => "a boolean",
            Self::Array => "an array",
            Self::Object => "an object",
            Self::Null => "null",
        }
    }
}

impl Members {
    /// Reads a body that must be one JSON object and nothing else.
    pub fn parse(body: &[u8]) -> Result<Self, NotAnObject> {
        if body.is_empty() {
            return Err(NotAnObject("the body is empty".to_owned()));
        }
        serde_json::from_slice(body).map_err(|error| NotAnObject(error.to_string()))
    }

    /// The raw text of a member's value; of a repeated one, the last.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(member, _)| member == name).map(|(_, value)| value.get())
    }

    /// A member's value, where it is a text.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// Every member by name, with the raw text of its value.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The name of a member that comes more than once.
    pub fn repeated(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> de::Visitor<'de> for Entries {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one JSON object")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_numbers_and_repeated_members_survive() {
        let members = Members::parse(br#"{"expires_in": 3.6e3, "error": "a", "error": "b\u0063"}"#).expect("an object");
        assert_eq!(members.raw("expires_in"), Some("3.6e3"));
        assert_eq!(members.text("error").as_deref(), Some("bc"));
        assert_eq!(members.repeated(), Some("error"));
        assert_eq!(Type::of("3.6e3"), Type::Number);
        assert!(Type::of("3600").is(Type::Number) && !Type::of("\"3600\"").is(Type::Number));
    }

    #[test]
    fn anything_else_is_told_in_words() {
        for body in [&b""[..], b"[]", b"{} x", b"{\"a\":", b"<html>", b"\xff"] {
            assert!(Members::parse(body).is_err(), "{body:?}");
        }
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        let body = [b"{\"a\":".to_vec(), deep, b"}".to_vec()].concat();
        let _ends_without_overflow = Members::parse(&body);
    }
}
