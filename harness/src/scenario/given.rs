//! `given`: the values that a property draws, as an author writes them, and the places where they may stand.
//!
//! A scenario with `given` is walked for many sets of values. `${given.NAME}` stands in any text of a request for a value that
//! is a text. A recipe stands in the one place that can follow it: a damage in `damaged_as`, Basic credentials in `written`, a
//! spelling in `respelt`, parameters as an entry of `form`, `add` or `query`.

use std::borrow::Cow;

use ropcheck_reports::drawn::{How, Way};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, de};

use crate::words::{Name, Word, Words};

/// How a value of a property is drawn. Of every choice the first is the simplest: a failure is made smaller towards it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Text of a repertoire: `text: { from: unicode, length: [1, 40] }`.
    Text {
        /// What it is made of.
        from: Repertoire,
        /// How many pieces of the repertoire; most have characters for pieces.
        length: Length,
    },
    /// One letter so many times, for text that is very long: `long: [1000, 70000]`.
    Long(Length),
    /// Any bytes, so many: `bytes: [1, 16]`.
    Bytes(Length),
    /// A whole number, written in decimal: `integer: [-1, 65536]`.
    Integer(Bounds),
    /// One of these: a text as it stands, or what another strategy draws.
    #[serde(deserialize_with = "some")]
    OneOf(Vec<Choice>),
    /// So many texts, one behind the other.
    ListOf {
        /// Each of them.
        of: Box<Choice>,
        /// How many.
        length: Length,
        /// What stands between two.
        #[serde(default)]
        between: String,
    },
    /// A text in a percent-encoding that is drawn, put on the wire as it is: byte by byte in one of these ways.
    Encoded {
        /// The text.
        of: Box<Choice>,
        /// The ways: `usual`, `upper` (`%2B`), `lower` (`%2b`), `over_long` (`%C0%AB`), `broken` (`%zz`).
        #[serde(deserialize_with = "some")]
        #[schemars(schema_with = "all_ways")]
        ways: Vec<Way>,
    },
    /// A scope by the ABNF of RFC 6749 section 3.3, or one that is just outside it.
    Scope(Formed),
    /// The media type of a form by RFC 9110 section 8.3.1 in any casing and spacing, or one that is nearly it.
    MediaType(Typed),
    /// Parameters in order.
    Parameters {
        /// The name of each.
        names: Box<Choice>,
        /// The value of each.
        values: Box<Choice>,
        /// How many.
        length: Length,
        /// Whether a name may come twice; else each comes once.
        #[serde(default)]
        repeated: bool,
    },
    /// What is done to one character of a right value to make it wrong: `damage: [drop, flip, swap, repeat, truncate]`.
    #[serde(deserialize_with = "some")]
    #[schemars(schema_with = "all_damages")]
    Damage(Vec<How>),
    /// How the client's Basic credentials are written (RFC 7617 section 2): in a way that is allowed, or in one that is not.
    Basic(Written),
    /// How a request is written that means the same however it is written.
    #[serde(deserialize_with = "some")]
    Spelling(Vec<Aspect>),
}

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repertoire {
    /// Space and the visible characters of ASCII (VSCHAR, RFC 6749 appendix A).
    Ascii,
    /// Letters and digits, `-`, `.`, `_`: what a parameter's name is made of (`name-char`, RFC 6749 section 8.2).
    Name,
    /// What a bearer token is made of (`b64token` without the padding, RFC 6750 section 2.1).
    Token,
    /// What a user name or password may hold (UNICODECHARNOCRLF without the tab, RFC 6749 appendix A): letters of all
    /// scripts, emoji, combining and right-to-left marks.
    Unicode,
    /// Letters that Unicode can write in two ways, each in one of them: composed (NFC) or decomposed (NFD).
    NormalForms,
    /// Letters with control characters between them, NUL among these.
    Controls,
    /// Printable ASCII with spaces in front of it, behind it, or both.
    Padded,
    /// Letters with surrogates between them, each in three bytes as UTF-8 does not allow (RFC 3629 section 3).
    Surrogates,
    /// Any character at all, controls and NUL among them.
    Any,
}

/// In the form that a grammar asks for, or just outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Formed {
    /// As the grammar has it.
    Well,
    /// Wrong in one place.
    Badly,
}

/// What is drawn of how the media type of a form is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Typed {
    /// The case of its letters (RFC 9110 section 8.3.1).
    Cased,
    /// The parameters that follow it (RFC 9110 section 8.3.1).
    WithParameters,
    /// Another type.
    Badly,
}

/// What is drawn of how Basic credentials are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// Which bytes are percent-encoded, and how (RFC 6749 section 2.3.1).
    Encoded,
    /// The case of the scheme (RFC 9110 section 11.1).
    Cased,
    /// How many spaces stand behind the scheme (RFC 9110 section 11.4).
    Spaced,
    /// Something that is wrong.
    Badly,
}

/// In what one spelling of a request may differ from another that means the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The order of the parameters (HTML's form-encoding gives it no meaning).
    Order,
    /// The percent-encoding of names and values: which bytes, in which case (RFC 3986 section 2.1).
    Encoding,
    /// Whether the body is sent in chunks (RFC 9112 section 7.1).
    Chunked,
    /// The case of header names (RFC 9110 section 5.1).
    HeaderCase,
}

/// A text as it stands, or what a strategy draws.
#[derive(Debug, Clone)]
pub enum Choice {
    /// That text.
    Just(String),
    /// A drawn one.
    Drawn(Strategy),
}

/// The least and the greatest length: `[1, 40]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length(pub usize, pub usize);

/// The least and the greatest number: `[-1, 65536]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds(pub i64, pub i64);

/// One name of `given`, alone: `${given.spelling}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given(pub String);

/// What a strategy draws, and so where it may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text, in any text of a request.
    Text,
    /// Parameters.
    Parameters,
    /// A damage.
    Damage,
    /// How Basic credentials are written.
    Writing,
    /// How a request is written.
    Spelling,
}

impl Kind {
    /// It in a word or two.
    pub fn name(self) -> &'static str {
        let stands = self.stands();
        stands.split_once(", which").map_or(stands, |(name, _)| name)
    }

    /// It with the place where it may stand, for complaints.
    pub fn stands(self) -> &'static str {
        match self {
            Self::Text => "a text, which stands in any text of a request: `password: \"${given.NAME}\"`",
            Self::Parameters => {
                "parameters, which are an entry of `form`, `add` or `query`: `add: [\"${given.NAME}\"]`"
            }
            Self::Damage => "a damage, which stands in `damaged_as`: `password: { damaged_as: \"${given.NAME}\" }`",
            Self::Writing => "how Basic credentials are written: `auth: { basic: { written: \"${given.NAME}\" } }`",
            Self::Spelling => "a spelling, which a change has in `respelt`: `change: { respelt: \"${given.NAME}\" }`",
        }
    }
}

impl Strategy {
    /// What it draws.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text { .. }
            | Self::Long(_)
            | Self::Bytes(_)
            | Self::Integer(_)
            | Self::OneOf(_)
            | Self::ListOf { .. }
            | Self::Encoded { .. }
            | Self::Scope(_)
            | Self::MediaType(_) => Kind::Text,
            Self::Parameters { .. } => Kind::Parameters,
            Self::Damage(_) => Kind::Damage,
            Self::Basic(_) => Kind::Writing,
            Self::Spelling(_) => Kind::Spelling,
        }
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextOrStrategy;
        impl<'de> de::Visitor<'de> for TextOrStrategy {
            type Value = Choice;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text (in quotes where YAML would read a number), or a strategy that draws one")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Choice, E> {
                Ok(Choice::Just(text.to_owned()))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Choice, A::Error> {
                let strategy = Strategy::deserialize(MapAccessDeserializer::new(map))?;
                match strategy.kind() {
                    Kind::Text => Ok(Choice::Drawn(strategy)),
                    other => {
                        Err(de::Error::custom(format!("a text has to stand here, and this draws {}", other.stands())))
                    }
                }
            }
        }
        from.deserialize_any(TextOrStrategy)
    }
}

/// The greatest length that is drawn: no server has to read more.
const LONGEST: usize = 1 << 20;

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (least, most) = <(usize, usize)>::deserialize(from)?;
        if least > most {
            return Err(de::Error::custom(format!("the least length stands first: write [{most}, {least}]")));
        }
        if most > LONGEST {
            return Err(de::Error::custom(format!("nothing longer than {LONGEST} is drawn, and this asks for {most}")));
        }
        Ok(Self(least, most))
    }
}

impl<'de> Deserialize<'de> for Bounds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (least, most) = <(i64, i64)>::deserialize(from)?;
        if least > most {
            return Err(de::Error::custom(format!("the least number stands first: write [{most}, {least}]")));
        }
        Ok(Self(least, most))
    }
}

impl Given {
    /// The name that a text consists of, where it is one of `given` and nothing else.
    pub fn parse(text: &str) -> Result<Self, String> {
        match Words::parse(text)?.0.as_slice() {
            [Word::Name(Name::Given(name))] => Ok(Self(name.clone())),
            _ => Err(format!("`{text}` is no name of `given`, alone: write \"${{given.NAME}}\"")),
        }
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

/// A list with something in it.
fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let all = Vec::deserialize(from)?;
    if all.is_empty() {
        return Err(de::Error::custom("there is nothing to choose from: name one at least"));
    }
    Ok(all)
}

fn all_ways(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": { "enum": ["usual", "upper", "lower", "over_long", "broken"] } })
}

fn all_damages(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": { "enum": ["drop", "flip", "swap", "repeat", "truncate"] } })
}

impl JsonSchema for Length {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }
    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": LONGEST }, "minItems": 2, "maxItems": 2 })
    }
}

impl JsonSchema for Bounds {
    fn schema_name() -> Cow<'static, str> {
        "Bounds".into()
    }
    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "integer" }, "minItems": 2, "maxItems": 2 })
    }
}

impl JsonSchema for Given {
    fn schema_name() -> Cow<'static, str> {
        "Given".into()
    }
    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\$\\{ *given\\.[^.}]+\\}$" })
    }
}

impl JsonSchema for Choice {
    fn schema_name() -> Cow<'static, str> {
        "Choice".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let strategy = generator.subschema_for::<Strategy>();
        json_schema!({ "anyOf": [{ "type": "string" }, strategy] })
    }
}
