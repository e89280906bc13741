//! A JSON object as it was written: members in order, repeated ones kept, values as raw text.

use std::fmt;

use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};
use serde_json::map::Entry;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The members of one JSON object, in order, with the raw text of each value.
#[derive(Debug, Default)]
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

    /// The names of the members, in order, a repeated one as often as it comes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Every member by name, with the raw text of its value.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// Whether a member comes more than once.
    pub fn repeats(&self, name: &str) -> bool {
        self.names().filter(|one| *one == name).count() > 1
    }
}

/// Room for the members that the claims of a JWT usually are.
const USUAL: usize = 12;

/// One JSON object read, and the names that come in it more than once; of these the last value is kept.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) members: Map<String, Value>,
    pub(crate) repeated: Vec<String>,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> de::Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut object = Object { members: Map::with_capacity(USUAL), repeated: vec![] };
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    match object.members.entry(name) {
                        Entry::Vacant(vacant) => {
                            vacant.insert(value);
                        }
                        Entry::Occupied(mut known) => {
                            object.repeated.push(known.key().clone());
                            known.insert(value);
                        }
                    }
                }
                Ok(object)
            }
        }
        from.deserialize_map(Entries)
    }
}

/// The values of one JSON object in order, each as it is written.
pub(crate) struct RawValues<'a>(pub(crate) Vec<&'a str>);

impl<'de> Deserialize<'de> for RawValues<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> de::Visitor<'de> for Entries {
            type Value = RawValues<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<RawValues<'de>, A::Error> {
                let mut values = Vec::new();
                while let Some((_, value)) = map.next_entry::<de::IgnoredAny, &RawValue>()? {
                    values.push(value.get());
                }
                Ok(RawValues(values))
            }
        }
        from.deserialize_map(Entries)
    }
}

/// A name that comes more than once in one object.
#[derive(Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The name.
    pub name: String,
    /// How deep its object lies; the outermost value is at 0.
    pub depth: usize,
}

/// The names that come more than once in any object of a JSON text, at any depth; of other texts nothing is told.
pub fn repeated(body: &[u8]) -> Vec<Repeated> {
    let mut repeated = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(body);
    // What is wrong with the text besides is told by whoever looks for that.
    let _read = Objects { depth: 0, repeated: &mut repeated }.deserialize(&mut reader);
    repeated
}

/// Reads a value for the names in its objects alone.
struct Objects<'a> {
    depth: usize,
    repeated: &'a mut Vec<Repeated>,
}

impl<'de> DeserializeSeed<'de> for Objects<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Objects<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { depth, repeated } = self;
        let mut names: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.contains(&name) {
                repeated.push(Repeated { name: name.clone(), depth });
            }
            names.push(name);
            map.next_value_seed(Objects { depth: depth + 1, repeated: &mut *repeated })?;
        }
        Ok(())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { depth, repeated } = self;
        while list.next_element_seed(Objects { depth: depth + 1, repeated: &mut *repeated })?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
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
        assert!(members.repeats("error") && !members.repeats("expires_in"));
        assert_eq!(Type::of("3.6e3"), Type::Number);
        assert!(Type::of("3600").is(Type::Number) && !Type::of("\"3600\"").is(Type::Number));
    }

    #[test]
    fn a_name_that_comes_twice_is_found_at_any_depth() {
        let found = repeated(br#"{"a": 1, "keys": [{"kid": "x", "k\u0069d": null}, {"kid": true}], "a": -2.5}"#);
        let wanted = [("kid", 2), ("a", 0)].map(|(name, depth)| Repeated { name: name.to_owned(), depth });
        assert_eq!(found, wanted);
        assert_eq!(repeated(b"[{\"a\": 1}, {\"a\": 1}]"), []);
        assert_eq!(repeated(b"<html>"), []);
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
