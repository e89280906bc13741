//! Drawn values as the record keeps them: read back, they make the same request again.
//!
//! None of them is a secret. What a property makes from a secret is a recipe here ("character 3 dropped"), and is followed
//! where a request is filled.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A drawn value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Text, encoded by the place where it stands.
    Text(String),
    /// Bytes that are no text, encoded by the place where they stand.
    Bytes(Octets),
    /// Text that goes on the wire as it is.
    Wire(String),
    /// Parameters in order: names with values.
    Parameters(Vec<(Value, Value)>),
    /// How a right value is made wrong.
    Damage(Damage),
    /// How Basic credentials are written.
    Writing(Writing),
    /// How a request is written.
    Spelling(Spelling),
    /// What is done one after the other, by the names of the moves.
    Moves(Vec<String>),
}

/// Bytes, written in hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Octets(pub Vec<u8>);

/// How a right value is made wrong, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// What is done.
    pub how: How,
    /// To which character, counted from 0 and round again where the value is shorter.
    pub at: usize,
}

/// What is done to a character of a right value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is left out.
    Drop,
    /// It is another one.
    Flip,
    /// It comes after the next one.
    Swap,
    /// It comes twice.
    Repeat,
    /// It is the last one.
    Truncate,
}

/// How Basic credentials are written (RFC 7617 section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// The scheme's name as it is written.
    pub scheme: String,
    /// The spaces behind it.
    pub spaces: usize,
    /// How the bytes of identifier and secret are encoded, the first way for the first byte and round again; none: as usual.
    pub ways: Vec<Way>,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<Slip>,
}

/// What is wrong with Basic credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slip {
    /// Nothing follows the scheme.
    Alone,
    /// No colon stands between identifier and secret.
    NoColon,
    /// They are not in base64.
    Plain,
    /// A character is among them that base64 has not (RFC 4648 section 3.3).
    Alphabet,
    /// A character is left over that can't be base64 (RFC 4648 section 4).
    LeftOver,
    /// A control character is behind the secret (RFC 7617 section 2).
    Control,
    /// They come twice, with a comma between (RFC 9110 section 11.6.2).
    Twice,
}

/// How a request is written, where all ways of writing it mean the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Spelling {
    /// Which of the parameters that are left comes next, counted from 0 and round again; after that, all that are left.
    pub order: Vec<usize>,
    /// How the bytes of a name or value are encoded, the first way for the first byte and round again; none: as usual.
    pub ways: Vec<Way>,
    /// Whether the body is sent in chunks (RFC 9112 section 7.1).
    pub chunked: bool,
    /// How the names of headers are written (RFC 9110 section 5.1).
    pub headers: HeaderCase,
}

/// How a byte is written in form-encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// As HTML's form-encoding has it: letters as they are, a space as `+`.
    Usual,
    /// As `%2B`.
    Upper,
    /// As `%2b`.
    Lower,
    /// In two bytes where UTF-8 has one, `%C0%AB`, which is no UTF-8 (RFC 3629 section 3).
    OverLong,
    /// With a percent sign that no two hex digits follow.
    Broken,
}

/// How the names of headers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderCase {
    /// `content-type`
    #[default]
    Lower,
    /// `Content-Type`
    Title,
}

impl Value {
    /// Its bytes where it is a text that is not printable ASCII, 16 to a line: of letters that look alike they tell which it is.
    pub fn dump(&self) -> Vec<String> {
        const LINE: usize = 16;
        const LINES: usize = 8;
        let Self::Text(text) = self else { return vec![] };
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return vec![];
        }
        let mut lines: Vec<String> = text
            .as_bytes()
            .chunks(LINE)
            .take(LINES)
            .map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
            .collect();
        if text.len() > LINE * LINES {
            lines.push(format!("… ({} bytes)", text.len()));
        }
        lines
    }
}

impl How {
    fn done(self) -> &'static str {
        match self {
            Self::Drop => "dropped",
            Self::Flip => "changed",
            Self::Swap => "swapped with the next",
            Self::Repeat => "doubled",
            Self::Truncate => "the last",
        }
    }
}

impl Slip {
    fn is(self) -> &'static str {
        match self {
            Self::Alone => "nothing behind the scheme",
            Self::NoColon => "no colon",
            Self::Plain => "not in base64",
            Self::Alphabet => "with a character that base64 has not",
            Self::LeftOver => "with a character left over",
            Self::Control => "with a control character",
            Self::Twice => "twice",
        }
    }
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Upper => "%2B",
            Self::Lower => "%2b",
            Self::OverLong => "over-long",
            Self::Broken => "broken",
        }
    }
}

/// As much of a text as a reader is shown.
const SHOWN: usize = 120;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => quoted(text, f),
            Self::Wire(text) => {
                quoted(text, f)?;
                f.write_str(" on the wire")
            }
            Self::Bytes(octets) => {
                let mut hex = String::new();
                octets.0.iter().take(SHOWN).try_for_each(|byte| write!(hex, " {byte:02x}"))?;
                let more =
                    if octets.0.len() > SHOWN { format!(" … ({} bytes)", octets.0.len()) } else { String::new() };
                write!(f, "bytes{hex}{more}")
            }
            Self::Parameters(all) if all.is_empty() => f.write_str("no parameter"),
            Self::Parameters(all) => {
                for (position, (name, value)) in all.iter().enumerate() {
                    let between = if position == 0 { "" } else { ", " };
                    write!(f, "{between}{name} = {value}")?;
                }
                Ok(())
            }
            Self::Damage(damage) => damage.fmt(f),
            Self::Writing(writing) => writing.fmt(f),
            Self::Spelling(spelling) => spelling.fmt(f),
            Self::Moves(names) => f.write_str(&names.join(", ")),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {} {}", self.at + 1, self.how.done())
    }
}

impl fmt::Display for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scheme {}", self.scheme)?;
        if self.spaces != 1 {
            write!(f, ", {} spaces", self.spaces)?;
        }
        if !self.ways.is_empty() {
            write!(f, ", bytes encoded {}", ways(&self.ways))?;
        }
        self.slip.map_or(Ok(()), |slip| write!(f, ", {}", slip.is()))
    }
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = self.order.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        let told = [
            (self.order.iter().any(|next| *next > 0)).then(|| format!("parameters picked in the order {order}")),
            (!self.ways.is_empty()).then(|| format!("bytes encoded {}", ways(&self.ways))),
            self.chunked.then(|| "in chunks".to_owned()),
            (self.headers == HeaderCase::Title).then(|| "headers in title case".to_owned()),
        ];
        let told: Vec<String> = told.into_iter().flatten().collect();
        f.write_str(if told.is_empty() { "as usual" } else { "" })?;
        f.write_str(&told.join(", "))
    }
}

fn ways(all: &[Way]) -> String {
    all.iter().map(|way| way.name()).collect::<Vec<_>>().join(" ")
}

/// A text in quotes, with escapes where its reader would see nothing, or something else.
fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => write!(f, "{:?}… ({} characters)", &text[..at], text.chars().count()),
        None => write!(f, "{text:?}"),
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        to.serialize_str(&hex)
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let no_hex = || de::Error::custom(format!("`{text}` is not hex"));
        let digits = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
        let digits: Vec<u8> = digits.collect::<Option<_>>().ok_or_else(no_hex)?;
        if !digits.len().is_multiple_of(2) {
            return Err(no_hex());
        }
        Ok(Self(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(Value, &'static str)> {
        let text = |text: &str| Value::Text(text.to_owned());
        let spelling = Spelling {
            order: vec![1, 0],
            ways: vec![Way::Lower, Way::Usual],
            chunked: true,
            headers: HeaderCase::Title,
        };
        let writing =
            Writing { scheme: "bAsic".to_owned(), spaces: 2, ways: vec![Way::Upper], slip: Some(Slip::NoColon) };
        vec![
            (text("a\0\u{202e}\"é"), r#""a\0\u{202e}\"é""#),
            (Value::Wire("%C0%AB".to_owned()), r#""%C0%AB" on the wire"#),
            (Value::Bytes(Octets(vec![0xed, 0xa0, 0x80])), "bytes ed a0 80"),
            (Value::Parameters(vec![(text("a"), text("1")), (text("a"), text(""))]), r#""a" = "1", "a" = """#),
            (Value::Parameters(vec![]), "no parameter"),
            (Value::Damage(Damage { how: How::Drop, at: 2 }), "character 3 dropped"),
            (Value::Writing(writing), "scheme bAsic, 2 spaces, bytes encoded %2B, no colon"),
            (
                Value::Spelling(spelling),
                "parameters picked in the order 1 0, bytes encoded %2b usual, in chunks, headers in title case",
            ),
            (Value::Spelling(Spelling::default()), "as usual"),
            (Value::Moves(vec!["login".to_owned(), "refresh".to_owned()]), "login, refresh"),
        ]
    }

    #[test]
    fn what_is_read_back_is_what_was_drawn() {
        for (value, _) in all() {
            let line = serde_json::to_string(&value).expect("a value can be written");
            assert_eq!(serde_json::from_str::<Value>(&line).expect("and read"), value, "{line}");
        }
        assert!(serde_json::from_str::<Value>(r#"{"bytes":"0g"}"#).is_err());
        assert!(serde_json::from_str::<Value>(r#"{"bytes":"000"}"#).is_err());
    }

    #[test]
    fn the_bytes_of_a_text_tell_letters_apart() {
        let dump = |text: &str| Value::Text(text.to_owned()).dump();
        assert!(dump("plain ~").is_empty() && Value::Wire("é".to_owned()).dump().is_empty());
        assert_eq!((dump("\u{e9}"), dump("e\u{301}")), (vec!["c3 a9".to_owned()], vec!["65 cc 81".to_owned()]));
        assert_eq!(dump(&"\0".repeat(17)), ["00 ".repeat(16).trim_end(), "00"]);
        assert_eq!(dump(&"é".repeat(1000)).last().map(String::as_str), Some("… (2000 bytes)"));
    }

    #[test]
    fn a_reader_sees_what_was_drawn() {
        for (value, shown) in all() {
            assert_eq!(value.to_string(), shown);
        }
        let long = Value::Text("é".repeat(1000)).to_string();
        assert!(long.ends_with("\"… (1000 characters)") && long.chars().count() < 200, "{long}");
    }
}
