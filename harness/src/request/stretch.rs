//! A value on its way onto the wire: stretches of it, and the marks that stand for secrets in another ink.

use ropcheck_reports::drawn::Value;

/// A stretch of a filled value.
pub(super) enum Stretch {
    /// Bytes that are encoded by the place where they stand.
    Bytes(Vec<u8>),
    /// Text that is encoded already.
    Wire(String),
    /// The name of a secret, never encoded; [`Ink::Marks`] alone makes these.
    Mark(String),
}

/// What is put behind a mark whose text stands there percent-encoded as no tool would encode it by itself.
pub(crate) const ENCODED: &str = ", percent-encoded";

/// Stretches without any encoding.
pub(super) fn write(stretches: &[Stretch], out: &mut Vec<u8>) {
    for stretch in stretches {
        match stretch {
            Stretch::Bytes(bytes) => out.extend(bytes),
            Stretch::Wire(text) => out.extend(text.bytes()),
            Stretch::Mark(name) => out.extend(format!("⟦{name}⟧").bytes()),
        }
    }
}

/// Stretches without any encoding, as text.
pub(super) fn shown<'s>(stretches: impl IntoIterator<Item = &'s Stretch>) -> String {
    let mut out = Vec::new();
    stretches.into_iter().for_each(|stretch| write(std::slice::from_ref(stretch), &mut out));
    String::from_utf8_lossy(&out).into_owned()
}

/// A drawn text.
pub(super) fn text(value: &Value) -> Result<Stretch, String> {
    match value {
        Value::Text(text) => Ok(Stretch::Bytes(text.clone().into_bytes())),
        Value::Bytes(octets) => Ok(Stretch::Bytes(octets.0.clone())),
        Value::Wire(text) => Ok(Stretch::Wire(text.clone())),
        Value::Parameters(_) | Value::Damage(_) | Value::Writing(_) | Value::Spelling(_) | Value::Moves(_) => {
            Err(format!("no text is drawn but {value}"))
        }
    }
}

/// A value changed as a whole; of one with a mark in it, the mark tells how.
pub(super) fn changed(stretches: Vec<Stretch>, recipe: &str, change: impl Fn(&str) -> String) -> Vec<Stretch> {
    let mut whole = Vec::new();
    let mut marked = false;
    let mut name = String::new();
    for stretch in stretches {
        match stretch {
            Stretch::Bytes(bytes) => {
                name.push_str(&String::from_utf8_lossy(&bytes));
                whole.extend(bytes);
            }
            Stretch::Wire(text) => {
                name.push_str(&text);
                whole.extend(text.bytes());
            }
            Stretch::Mark(mark) => {
                marked = true;
                name.push_str(&mark);
            }
        }
    }
    vec![if marked {
        Stretch::Mark(format!("{name}, {recipe}"))
    } else {
        Stretch::Bytes(change(&String::from_utf8_lossy(&whole)).into_bytes())
    }]
}
