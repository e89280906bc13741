//! The parts of the language whose reading is written by hand: a text or a map, a name once or often.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, de};

use super::Times;
use super::given::Given;
use super::send::{Auth, Credential, Entry, Hex, Made, Method, Moved, Overrides, Pairs, Value};
use crate::ordered::Ordered;
use crate::words::Words;

/// Reads what stands under a key. A key with nothing under it would else be read as if it were not there.
pub(super) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()
            .ok_or_else(|| de::Error::custom(format!("`{text}` is not hex: write bytes as `ff 00`")))?;
        if !digits.len().is_multiple_of(2) {
            return Err(de::Error::custom(format!("`{text}` has half a byte: write two digits a byte")));
        }
        Ok(Self(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
    }
}

/// How often a step may be sent: more would be a load run.
const MOST: u64 = 1000;

/// The one word that `times` knows beside numbers.
const UNTIL_THROTTLED: &str = "until_throttled";

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct NumberOrWord;
        impl de::Visitor<'_> for NumberOrWord {
            type Value = Times;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a number from 1 to {MOST}, or `{UNTIL_THROTTLED}`")
            }
            fn visit_u64<E: de::Error>(self, times: u64) -> Result<Times, E> {
                let many = u32::try_from(times).ok().filter(|_| (1..=MOST).contains(&times));
                many.map(Times::Of).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(times), &self))
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Times, E> {
                match word {
                    UNTIL_THROTTLED => Ok(Times::UntilThrottled),
                    _ => Err(E::unknown_variant(word, &[UNTIL_THROTTLED])),
                }
            }
        }
        from.deserialize_any(NumberOrWord)
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Self)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneOrDrawn;
        impl<'de> de::Visitor<'de> for OneOrDrawn {
            type Value = Entry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one name with its value, `- username: alice`, or drawn parameters, `- \"${given.NAME}\"`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Entry, E> {
                Given::parse(text).map(Entry::Drawn).map_err(de::Error::custom)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
                let Ordered(entry) = Ordered::<Value>::deserialize(MapAccessDeserializer::new(map))?;
                let mut entry = entry.into_iter();
                match (entry.next(), entry.next()) {
                    (Some((name, value)), None) => Ok(Entry::One(name.value, value)),
                    _ => Err(de::Error::custom("each entry is one name with its value: `- username: alice`")),
                }
            }
        }
        from.deserialize_any(OneOrDrawn)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextOrMade;
        impl<'de> de::Visitor<'de> for TextOrMade {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text (in quotes where YAML would read a number), or one of damaged, damaged_as, wire, hex, times, upper, if_any")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Words::parse(text).map(Value::Text).map_err(de::Error::custom)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                Made::deserialize(MapAccessDeserializer::new(map)).map(Value::Made)
            }
        }
        from.deserialize_any(TextOrMade)
    }
}

impl<'de> Deserialize<'de> for Moved {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AllOrThese;
        impl<'de> de::Visitor<'de> for AllOrThese {
            type Value = Moved;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`all`, or a list of parameter names")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moved, E> {
                match text {
                    "all" => Ok(Moved::All),
                    _ => Err(de::Error::unknown_variant(text, &["all"])),
                }
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, names: A) -> Result<Moved, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(names)).map(Moved::These)
            }
        }
        from.deserialize_any(AllOrThese)
    }
}

impl<'de> Deserialize<'de> for Auth {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> de::Visitor<'de> for OneOrMany {
            type Value = Auth;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("own, basic, post, none, nothing, one of them with what differs, or a list of them")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Auth, E> {
                match (name, method(name)) {
                    ("nothing", _) => Ok(Auth(vec![])),
                    (_, Some(method)) => Ok(Auth(vec![Credential::By(method, Overrides::default())])),
                    (_, None) => Err(de::Error::unknown_variant(name, &METHODS)),
                }
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Auth, A::Error> {
                let name: String =
                    map.next_key()?.ok_or_else(|| de::Error::custom("an empty map is no authentication"))?;
                match (name.as_str(), method(&name)) {
                    ("header", _) => Ok(Auth(vec![Credential::Header(map.next_value()?)])),
                    (_, Some(method)) => Ok(Auth(vec![Credential::By(method, map.next_value()?)])),
                    (_, None) => Err(de::Error::unknown_variant(&name, &METHODS)),
                }
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Auth, A::Error> {
                let mut all = Vec::new();
                while let Some(Auth(one)) = list.next_element()? {
                    all.extend(one);
                }
                Ok(Auth(all))
            }
        }
        from.deserialize_any(OneOrMany)
    }
}

/// The names that `auth` knows.
const METHODS: [&str; 6] = ["own", "basic", "post", "none", "nothing", "header"];

fn method(name: &str) -> Option<Method> {
    match name {
        "own" => Some(Method::Own),
        "basic" => Some(Method::Basic),
        "post" => Some(Method::Post),
        "none" => Some(Method::None),
        _ => None,
    }
}

/// A schema under the type's own name, for the types whose reading is written by hand.
macro_rules! schema {
    ($type:ty, $name:literal, $generator:ident => $schema:expr) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema!(Hex, "Hex", _generator => json_schema!({ "type": "string", "pattern": "^([0-9a-fA-F]{2}\\s*)*$" }));
schema!(Times, "Times", _generator => json_schema!({ "anyOf": [
    { "type": "integer", "minimum": 1, "maximum": MOST },
    { "const": UNTIL_THROTTLED },
] }));
schema!(Moved, "Moved", _generator => json_schema!({ "anyOf": [{ "const": "all" }, { "type": "array", "items": { "type": "string" } }] }));
schema!(Value, "Value", generator => {
    let made = generator.subschema_for::<Made>();
    json_schema!({ "anyOf": [{ "type": "string" }, made] })
});
schema!(Pairs, "Pairs", generator => {
    let value = generator.subschema_for::<Value>();
    let drawn = generator.subschema_for::<Given>();
    let one = json_schema!({ "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": value });
    json_schema!({ "type": "array", "items": { "anyOf": [one, drawn] } })
});
schema!(Auth, "Auth", generator => {
    let overrides = generator.subschema_for::<Overrides>();
    let value = generator.subschema_for::<Value>();
    let one = json_schema!({ "anyOf": [
        { "enum": ["own", "basic", "post", "none", "nothing"] },
        { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": {
            "own": overrides.clone(), "basic": overrides.clone(), "post": overrides.clone(), "none": overrides, "header": value } },
    ] });
    json_schema!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
});
