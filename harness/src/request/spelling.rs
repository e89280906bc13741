//! How a form is spelt: its parameters in an order, its bytes in form-encoding, as usual or each in a way of its own.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use ropcheck_reports::drawn::Way;

/// Things in the order in which they are picked: each number is a place among those that are left.
pub(super) fn picked<T>(mut all: Vec<T>, order: &[usize]) -> Vec<T> {
    let mut picked = Vec::with_capacity(all.len());
    for next in order {
        if !all.is_empty() {
            picked.push(all.remove(next % all.len()));
        }
    }
    picked.extend(all);
    picked
}

/// The bytes that form-encoding leaves alone (RFC 6749 appendix B: HTML's set, a space becoming `+`).
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');

/// Text in `application/x-www-form-urlencoded` form: a space becomes `+`.
pub(super) fn form_encoded(bytes: &[u8]) -> String {
    let encoded = Cow::from(percent_encode(bytes, FORM));
    if encoded.contains("%20") { encoded.replace("%20", "+") } else { encoded.into_owned() }
}

/// Bytes in form-encoding, each in its way.
pub(crate) fn spelt(bytes: &[u8], ways: &[Way]) -> String {
    if ways.is_empty() {
        return form_encoded(bytes);
    }
    bytes.iter().zip(ways.iter().cycle()).map(|(byte, way)| spelt_byte(*byte, *way)).collect()
}

fn spelt_byte(byte: u8, way: Way) -> String {
    match way {
        Way::Usual => form_encoded(&[byte]),
        Way::Upper => format!("%{byte:02X}"),
        Way::Lower => format!("%{byte:02x}"),
        // Beyond ASCII it is in more than one byte already.
        Way::OverLong if byte.is_ascii() => format!("%{:02X}%{:02X}", 0xc0 | byte >> 6, 0x80 | byte & 0x3f),
        Way::OverLong => percent_encode(&[byte], NON_ALPHANUMERIC).to_string(),
        // What follows can't complete it.
        Way::Broken => ["%zz", "%4z", "%g4"][usize::from(byte) % 3].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_a_byte() {
        let ways = [Way::Usual, Way::Upper, Way::Lower, Way::OverLong, Way::Broken];
        assert_eq!(spelt(b"+++++", &ways), "%2B%2B%2b%C0%AB%4z");
        assert_eq!(spelt(b"a b", &[]), "a+b");
        assert_eq!(spelt(b"a b", &[Way::Usual, Way::Upper]), "a%20b");
    }

    #[test]
    fn an_order_picks_from_what_is_left() {
        assert_eq!(picked(vec!["a", "b", "c"], &[2, 2]), ["c", "a", "b"]);
        assert_eq!(picked(vec!["a", "b", "c"], &[]), ["a", "b", "c"]);
        assert_eq!(picked(vec!["a"], &[3, 1, 1]), ["a"]);
    }
}
