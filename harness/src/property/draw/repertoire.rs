//! Repertoires: what drawn texts are made of.

use std::fmt;
use std::ops::RangeInclusive;

use proptest::char::CharStrategy;
use proptest::collection::vec;
use proptest::sample::select;
use proptest::strategy::{Strategy, Union};
use ropcheck_reports::drawn::{Octets, Value};

use super::{PLACES, Source, any, times};
use crate::scenario::given::{Length, Repertoire};

/// Text of a repertoire, so many pieces of it.
pub(super) fn text(from: Repertoire, length: Length) -> Source {
    let of_chars = |chars: CharStrategy<'static>| {
        any(vec(chars, times(length)).prop_map(|chars| Value::Text(chars.into_iter().collect())))
    };
    let ascii = || vec![' '..='~'];
    let only = |ranges: Vec<RangeInclusive<char>>, special: &[char]| {
        CharStrategy::new(special.to_vec().into(), ranges.clone().into(), ranges.into())
    };
    match from {
        Repertoire::Ascii => of_chars(only(ascii(), &[' ', '+', '%', '&', '=', '"', '\\'])),
        Repertoire::Name => {
            of_chars(only(vec!['a'..='z', 'A'..='Z', '0'..='9', '-'..='.', '_'..='_'], &['-', '.', '_']))
        }
        Repertoire::Token => {
            let ranges = vec!['a'..='z', 'A'..='Z', '0'..='9', '-'..='/', '_'..='_', '~'..='~', '+'..='+'];
            of_chars(only(ranges, &['-', '.', '_', '~', '+', '/']))
        }
        Repertoire::Unicode => {
            let all = vec![' '..='~', '\u{80}'..='\u{d7ff}', '\u{e000}'..='\u{fffd}', '\u{10000}'..='\u{10ffff}'];
            of_chars(CharStrategy::new(AWKWARD.to_vec().into(), ascii().into(), all.into()))
        }
        Repertoire::Any => {
            let special = [AWKWARD.as_slice(), &CONTROLS].concat();
            of_chars(CharStrategy::new(special.into(), ascii().into(), vec!['\0'..=char::MAX].into()))
        }
        Repertoire::Controls => {
            let control = only(vec!['\0'..='\u{1f}', '\u{7f}'..='\u{9f}'], &CONTROLS);
            let letter = only(vec!['a'..='z'], &['a']);
            let chars = with_one(length, Union::new([letter, control.clone()]), control);
            any(chars.prop_map(|chars| Value::Text(chars.into_iter().collect())))
        }
        Repertoire::NormalForms => {
            let piece = Union::new([select(LETTERS), select(NORMAL_FORMS)]);
            any(with_one(length, piece, select(NORMAL_FORMS)).prop_map(|pieces| Value::Text(pieces.concat())))
        }
        Repertoire::Surrogates => {
            let letters: Vec<&[u8]> = LETTERS.iter().map(|letter| letter.as_bytes()).collect();
            let pieces = with_one(length, Union::new([select(letters), select(SURROGATES)]), select(SURROGATES));
            any(pieces.prop_map(|pieces| Value::Bytes(Octets(pieces.concat()))))
        }
        Repertoire::Padded => {
            let around = select(vec![(0, 1), (1, 0), (1, 1), (2, 0), (0, 2)]);
            let within = vec(only(vec!['!'..='~'], &['a']), times(length));
            any((around, within).prop_map(|((before, after), within)| {
                let within: String = within.into_iter().collect();
                Value::Text(format!("{}{within}{}", " ".repeat(before), " ".repeat(after)))
            }))
        }
    }
}

/// So many pieces, one at least of the kind that makes the text what it is, however small it gets.
fn with_one<T, P, K>(length: Length, piece: P, kind: K) -> impl Strategy<Value = Vec<T>, Tree: Send>
where
    T: fmt::Debug + Clone,
    P: Strategy<Value = T, Tree: Send>,
    K: Strategy<Value = T, Tree: Send>,
{
    (vec(piece, times(length)), kind, 0..PLACES).prop_map(|(mut pieces, one, at)| {
        let length = pieces.len();
        if length > 0 {
            pieces[at % length] = one;
        }
        pieces
    })
}

/// Letters that are the same everywhere.
const LETTERS: &[&str] = &["a", "z"];

/// Characters that software trips over: emoji, a combining mark, right-to-left text with the mark that turns it, an NFC and NFD
/// pair, wide spaces, a joiner, what form-encoding gives a meaning.
const AWKWARD: [char; 12] =
    ['😀', '\u{301}', '\u{5d0}', '\u{202e}', '\u{e9}', 'ß', 'İ', '\u{2003}', '\u{200d}', '+', '%', '&'];

/// Control characters that end, cut or split text.
const CONTROLS: [char; 6] = ['\0', '\n', '\r', '\t', '\u{7f}', '\u{85}'];

/// The same letters in two normal forms, and letters that a compatibility form makes into others.
const NORMAL_FORMS: &[&str] = &[
    "\u{e9}",
    "e\u{301}",
    "\u{c5}",
    "A\u{30a}",
    "\u{212b}",
    "\u{1e9b}\u{323}",
    "\u{ac01}",
    "\u{1100}\u{1161}\u{11a8}",
    "\u{fb01}",
    "\u{ff41}",
];

/// Surrogates, each in three bytes: the first, the last, a pair as CESU-8 writes it, half a pair.
const SURROGATES: &[&[u8]] = &[b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xed\xb8\x80"];
