//! Strategies of the language as strategies of proptest: what is drawn, and how it is made smaller.

mod repertoire;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use proptest::bool::ANY as EITHER;
use proptest::char::CharStrategy;
use proptest::collection::vec;
use proptest::num::u8::ANY as BYTE;
use proptest::sample::{Select, select};
use proptest::strategy::{Just, NewTree, Strategy as _, Union, ValueTree};
use proptest::test_runner::TestRunner;
use ropcheck_reports::drawn::{Damage, HeaderCase, How, Octets, Slip, Spelling, Value, Way, Writing};

use self::repertoire::text;
use crate::plan::Moves;
use crate::request::damage::damaged_at;
use crate::request::spelling::spelt;
use crate::scenario::given::{Aspect, Bounds, Choice, Formed, Length, Strategy, Typed, Written};

/// A strategy of proptest's that draws values, whatever its type. Unlike proptest's own boxes it draws what can move between
/// threads, as a property does while it waits for an answer.
#[derive(Clone)]
pub struct Source(Arc<Draws>);

type Draws = dyn Fn(&mut TestRunner) -> NewTree<Source> + Send + Sync;

/// A drawn value that can be made smaller.
pub type Tree = Box<dyn ValueTree<Value = Value> + Send>;

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl proptest::strategy::Strategy for Source {
    type Tree = Tree;
    type Value = Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        (self.0)(runner)
    }
}

/// Any strategy of values as a source.
fn any<S>(strategy: S) -> Source
where
    S: proptest::strategy::Strategy<Value = Value> + Send + Sync + 'static,
    S::Tree: Send + 'static,
{
    Source(Arc::new(move |runner| Ok(Box::new(strategy.new_tree(runner)?))))
}

/// How many characters of a right value a damage may fall on: its place is counted round where the value is shorter.
const PLACES: usize = 64;

impl Source {
    /// The source of moves.
    pub fn of_moves(moves: &Moves) -> Self {
        let names: Vec<String> = moves.each.iter().map(|one| one.name.clone()).collect();
        any(vec(select(names), times(moves.length)).prop_map(Value::Moves))
    }

    /// The source of what a strategy draws.
    pub fn of(strategy: &Strategy) -> Self {
        match strategy {
            Strategy::Text { from, length } => text(*from, *length),
            Strategy::Long(length) => any(times(*length).prop_map(|times| Value::Text("a".repeat(times)))),
            Strategy::Bytes(length) => any(vec(BYTE, times(*length)).prop_map(|bytes| Value::Bytes(Octets(bytes)))),
            Strategy::Integer(Bounds(least, most)) => {
                any((*least..=*most).prop_map(|number| Value::Text(number.to_string())))
            }
            Strategy::OneOf(all) => any(Union::new(all.iter().map(choice))),
            Strategy::ListOf { of, length, between } => {
                let between = between.clone();
                any(vec(choice(of), times(*length)).prop_map(move |all| joined(&all, &between)))
            }
            Strategy::Encoded { of, ways } => encoded(choice(of), ways),
            Strategy::Scope(Formed::Well) => any(scope_tokens().prop_map(|tokens| Value::Text(tokens.join(" ")))),
            Strategy::Scope(Formed::Badly) => any((scope_tokens(), 0..PLACES, select(INTRUDERS))
                .prop_map(|(tokens, at, intruder)| Value::Text(outside(&tokens, at, intruder)))),
            Strategy::MediaType(Typed::Cased) => {
                any(vec(EITHER, FORM.len()).prop_map(|upper| Value::Text(cased(FORM, &upper))))
            }
            Strategy::MediaType(Typed::WithParameters) => {
                any(select(PARAMETERS).prop_map(|parameters| Value::Text(format!("{FORM}{parameters}"))))
            }
            Strategy::MediaType(Typed::Badly) => {
                // Its own type, its slash and its subtype can all be wrong.
                let damage = (select(vec![How::Flip, How::Drop, How::Repeat, How::Truncate]), 0..FORM.len());
                any(damage.prop_map(|(how, at)| Value::Text(damaged_at(FORM, Damage { how, at }))))
            }
            Strategy::Parameters { names, values, length, repeated } => {
                parameters(choice(names), choice(values), *length, *repeated)
            }
            Strategy::Damage(all) => {
                any((select(all.clone()), 0..PLACES).prop_map(|(how, at)| Value::Damage(Damage { how, at })))
            }
            Strategy::Basic(written) => basic(*written),
            Strategy::Spelling(aspects) => spelling(aspects),
        }
    }
}

fn choice(choice: &Choice) -> Source {
    match choice {
        Choice::Just(text) => any(Just(Value::Text(text.clone()))),
        Choice::Drawn(strategy) => Source::of(strategy),
    }
}

fn times(Length(least, most): Length) -> RangeInclusive<usize> {
    least..=most
}

/// The bytes of a drawn text.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Text(text) | Value::Wire(text) => text.clone().into_bytes(),
        Value::Bytes(octets) => octets.0.clone(),
        // The language lets none of these stand where a text is asked for.
        Value::Parameters(_) | Value::Damage(_) | Value::Writing(_) | Value::Spelling(_) | Value::Moves(_) => vec![],
    }
}

/// A text in drawn ways of encoding. Where one of them is a slip, a byte at least has it: what is drawn is no right encoding,
/// and is not made into one when it is made smaller.
fn encoded(text: Source, ways: &[Way]) -> Source {
    let drawn = vec(select(ways.to_vec()), 1..=3);
    let slips: Vec<Way> = ways.iter().copied().filter(|way| is_slip(*way)).collect();
    if slips.is_empty() {
        return any((text, drawn).prop_map(|(text, ways)| Value::Wire(spelt(&bytes(&text), &ways))));
    }
    any((text, drawn, select(slips), 0..PLACES).prop_map(|(text, ways, slip, at)| {
        let mut bytes = bytes(&text);
        // Only what UTF-8 has in one byte can be in two.
        if !bytes.iter().any(u8::is_ascii) {
            bytes.push(b'a');
        }
        let at = (0..bytes.len()).map(|step| (at + step) % bytes.len()).find(|at| bytes[*at].is_ascii());
        let mut ways: Vec<Way> = ways.into_iter().cycle().take(bytes.len()).collect();
        if let Some(at) = at {
            ways[at] = slip;
        }
        Value::Wire(spelt(&bytes, &ways))
    }))
}

/// Whether a byte in that way is encoded wrongly.
fn is_slip(way: Way) -> bool {
    match way {
        Way::OverLong | Way::Broken => true,
        Way::Usual | Way::Upper | Way::Lower => false,
    }
}

/// Texts one behind the other: on the wire as they are where one of them is, else text where it is text.
fn joined(all: &[Value], between: &str) -> Value {
    if all.iter().any(|value| matches!(value, Value::Wire(_))) {
        let spelt = |value: &Value| match value {
            Value::Wire(text) => text.clone(),
            other => spelt(&bytes(other), &[]),
        };
        return Value::Wire(all.iter().map(spelt).collect::<Vec<_>>().join(&spelt_text(between)));
    }
    let whole = all.iter().map(bytes).collect::<Vec<_>>().join(between.as_bytes());
    String::from_utf8(whole).map_or_else(|no_text| Value::Bytes(Octets(no_text.into_bytes())), Value::Text)
}

fn spelt_text(text: &str) -> String {
    spelt(text.as_bytes(), &[])
}

/// Scope tokens (RFC 6749 section 3.3): `1*( %x21 / %x23-5B / %x5D-7E )`.
fn scope_tokens() -> impl proptest::strategy::Strategy<Value = Vec<String>, Tree: Send> {
    let ranges = || vec!['a'..='z', '!'..='!', '#'..='[', ']'..='~'];
    let token = vec(CharStrategy::new(vec!['a', ':', '/'].into(), vec!['a'..='z'].into(), ranges().into()), 1..=12);
    vec(token.prop_map(|chars| chars.into_iter().collect::<String>()), 1..=4)
}

/// What takes a scope out of its grammar: a character that no token has, or a space too many.
const INTRUDERS: &[&str] = &["\"", "\\", "\t", "\0", "\u{7f}", "\u{e9}", " "];

/// A scope with an intruder at a place; a space stands where it is one too many.
fn outside(tokens: &[String], at: usize, intruder: &str) -> String {
    if intruder == " " {
        let at = at % (tokens.len() + 1);
        let mut tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        tokens.insert(at, "");
        return tokens.join(" ");
    }
    let mut scope = tokens.join(" ");
    scope.insert_str(at % (scope.len() + 1), intruder);
    scope
}

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// What may follow it: a parameter, with optional white space around its semicolon (RFC 9110 section 5.6.6).
const PARAMETERS: &[&str] = &[";charset=UTF-8", "; charset=utf-8", " ;charset=\"UTF-8\"", "; Charset=UTF-8"];

fn cased(text: &str, upper: &[bool]) -> String {
    let one = |(c, upper): (char, &bool)| if *upper { c.to_ascii_uppercase() } else { c };
    text.chars().zip(upper).map(one).collect()
}

fn parameters(names: Source, values: Source, length: Length, repeated: bool) -> Source {
    // Whether it has the name of the one before.
    any(vec((names, values, flag(repeated)), times(length)).prop_map(move |drawn| {
        let mut all: Vec<(Value, Value)> = Vec::with_capacity(drawn.len());
        let mut seen = BTreeSet::new();
        for (name, value, again) in drawn {
            let before = all.last().map(|(name, _)| name.clone());
            let name = before.filter(|_| again).unwrap_or(name);
            if seen.insert(bytes(&name)) || repeated {
                all.push((name, value));
            }
        }
        Value::Parameters(all)
    }))
}

/// Either, or never.
fn flag(either: bool) -> Select<bool> {
    select(if either { vec![false, true] } else { vec![false] })
}

fn basic(written: Written) -> Source {
    let usual = || Writing { scheme: "Basic".to_owned(), spaces: 1, ways: vec![], slip: None };
    let scheme = || vec(EITHER, "basic".len()).prop_map(|upper| cased("basic", &upper));
    match written {
        Written::Encoded => {
            let ways = vec(select(vec![Way::Usual, Way::Upper, Way::Lower]), 0..=3);
            any(ways.prop_map(move |ways| Value::Writing(Writing { ways, ..usual() })))
        }
        Written::Cased => any(scheme().prop_map(move |scheme| Value::Writing(Writing { scheme, ..usual() }))),
        Written::Spaced => any((1..=3_usize).prop_map(move |spaces| Value::Writing(Writing { spaces, ..usual() }))),
        Written::Badly => {
            any(select(SLIPS).prop_map(move |slip| Value::Writing(Writing { slip: Some(slip), ..usual() })))
        }
    }
}

const SLIPS: &[Slip] =
    &[Slip::Alone, Slip::NoColon, Slip::Plain, Slip::Alphabet, Slip::LeftOver, Slip::Control, Slip::Twice];

/// As many parameters as are put into another place.
const PICKS: usize = 8;

fn spelling(aspects: &[Aspect]) -> Source {
    let has = |aspect| aspects.contains(&aspect);
    let order = vec(0..PICKS, 0..=if has(Aspect::Order) { PICKS } else { 0 });
    let ways = vec(select(vec![Way::Usual, Way::Upper, Way::Lower]), 0..=if has(Aspect::Encoding) { 4 } else { 0 });
    any((order, ways, flag(has(Aspect::Chunked)), flag(has(Aspect::HeaderCase))).prop_map(
        |(order, ways, chunked, title)| {
            let headers = if title { HeaderCase::Title } else { HeaderCase::Lower };
            Value::Spelling(Spelling { order, ways, chunked, headers })
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::super::regressions::Seed;
    use super::*;

    fn source(yaml: &str) -> Source {
        Source::of(&serde_yaml::from_str(yaml).expect("a strategy"))
    }

    /// What a strategy draws in several hundred draws, with all that comes of them on the way to something small; and the
    /// first of them made as small as it gets where everything fails.
    fn drawn(yaml: &str) -> (Vec<Value>, Value) {
        let mut runner = super::super::runner(&Seed::of(yaml, 1, 1));
        let source = source(yaml);
        let mut trees: Vec<Tree> = (0..400).map(|_| source.new_tree(&mut runner).expect("it draws")).collect();
        let mut all: Vec<Value> = trees.iter().map(ValueTree::current).collect();
        for (number, tree) in trees.iter_mut().enumerate() {
            // Of every so many smaller values one does not fail: the one before it is made smaller in another place.
            let holds = |step: usize| number > 0 && step % (1 + number % 7) == 1;
            let mut step = 0;
            while if holds(step) { tree.complicate() } else { tree.simplify() } && step < 300 {
                all.push(tree.current());
                step += 1;
            }
        }
        let smallest = trees.swap_remove(0).current();
        (all, smallest)
    }

    fn texts(yaml: &str) -> (Vec<String>, String) {
        let (all, smallest) = drawn(yaml);
        let text = |value: &Value| match value {
            Value::Text(text) | Value::Wire(text) => text.clone(),
            other => panic!("{yaml} draws {other}"),
        };
        (all.iter().map(text).collect(), text(&smallest))
    }

    /// Whether all of several hundred texts are of a kind.
    type Holds = fn(&str) -> bool;

    /// A strategy · what all that it draws has in common · what one of them at least has · the simplest, where there is one.
    #[rustfmt::skip]
    const TEXTS: &[(&str, Holds, Holds, &str)] = &[
        ("text: { from: ascii, length: [1, 4] }",        |t| (1..=4).contains(&t.len()) && t.bytes().all(|b| matches!(b, b' '..=b'~')), |t| t.contains('+'), ""),
        ("text: { from: name, length: [1, 4] }",         |t| t.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)), |t| t.contains('_'), ""),
        ("text: { from: token, length: [2, 9] }",        |t| t.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c)), |t| t.contains('~'), ""),
        ("text: { from: unicode, length: [0, 9] }",      |t| !t.chars().any(char::is_control) || t.contains('\u{85}'), |t| t.contains('😀'), ""),
        ("text: { from: normal_forms, length: [1, 9] }", |t| !t.is_ascii(), |t| t.contains("e\u{301}") && t.contains('z'), "\u{e9}"),
        ("text: { from: controls, length: [1, 9] }",     |t| t.contains(char::is_control) && t.chars().all(|c| c.is_control() || c.is_ascii_lowercase()), |t| t.contains('\0') && t.contains('z'), ""),
        ("text: { from: padded, length: [1, 9] }",       |t| t.trim() != t && !t.trim().is_empty(), |t| t.starts_with(' ') && t.ends_with(' '), ""),
        ("text: { from: any, length: [1, 9] }",          |t| !t.is_empty(), |t| t.contains(char::is_control), ""),
        ("long: [1000, 5000]",                           |t| (1000..=5000).contains(&t.len()) && t.bytes().all(|b| b == b'a'), |t| t.len() > 3000, ""),
        ("integer: [-3, 300]",                           |t| (-3..=300).contains(&t.parse::<i64>().expect("a number")), |t| t.starts_with('-'), "0"),
        ("one_of: [ropcheck, { integer: [5, 6] }]",      |t| ["ropcheck", "5", "6"].contains(&t), |t| t == "6", "ropcheck"),
        ("list_of: { of: { one_of: [a, b] }, length: [0, 3], between: ' ' }", |t| t.len() <= 5 && t.chars().all(|c| "ab ".contains(c)), |t| t == "b a b", ""),
        ("encoded: { of: 'é+', ways: [usual] }",         |t| t == "%C3%A9%2B", |_| true, "%C3%A9%2B"),
        ("encoded: { of: 'é+', ways: [upper, lower] }",  |t| t.eq_ignore_ascii_case("%C3%A9%2B"), |t| t == "%C3%a9%2B", "%C3%A9%2B"),
        ("encoded: { of: '+', ways: [over_long] }",      |t| t == "%C0%AB", |_| true, "%C0%AB"),
        ("encoded: { of: ab, ways: [broken] }",          |t| percent_encoding::percent_decode_str(t).collect::<Vec<u8>>().contains(&b'%'), |_| true, "%4z%g4"),
        ("encoded: { of: { text: { from: ascii, length: [0, 9] } }, ways: [usual, broken] }", is_broken, |t| t.contains("%4z") && t.contains('q'), ""),
        ("encoded: { of: { text: { from: ascii, length: [0, 9] } }, ways: [lower, over_long] }", is_over_long, |t| t.contains("%71"), ""),
        ("encoded: { of: { text: { from: unicode, length: [1, 3] } }, ways: [over_long] }", is_over_long, |t| t.contains("%F0"), ""),
        ("scope: well",                                  |t| is_scope(t), |t| t.contains(' '), ""),
        ("scope: badly",                                 |t| !is_scope(t), |t| t.contains("  "), ""),
        ("media_type: cased",                            |t| t.eq_ignore_ascii_case(FORM), |t| t.contains('X'), FORM),
        ("media_type: with_parameters",                  |t| t.starts_with(FORM) && t.contains(';'), |t| t.contains("Charset"), ""),
        ("media_type: badly",                            |t| !t.eq_ignore_ascii_case(FORM) && t.is_ascii(), |t| t.len() < 20, ""),
    ];

    fn is_broken(text: &str) -> bool {
        let is_hex = |text: Option<&str>| text.is_some_and(|text| text.chars().all(|c| c.is_ascii_hexdigit()));
        text.match_indices('%').any(|(at, _)| !is_hex(text.get(at + 1..at + 3)))
    }

    /// Whether there is a first byte of two that UTF-8 never needs.
    fn is_over_long(text: &str) -> bool {
        text.contains("%C0%") || text.contains("%C1%")
    }

    fn is_scope(text: &str) -> bool {
        let of_a_token = |c: char| matches!(c, '!' | '#'..='[' | ']'..='~');
        text.split(' ').all(|token| !token.is_empty() && token.chars().all(of_a_token))
    }

    #[test]
    fn every_strategy_draws_what_it_says_and_grows_simpler() {
        for (yaml, all, some, smallest) in TEXTS {
            let (texts, simplest) = texts(yaml);
            for text in &texts {
                assert!(all(text), "{yaml} draws {text:?}");
            }
            assert!(texts.iter().any(|text| some(text)), "{yaml} draws too little");
            if !smallest.is_empty() {
                assert_eq!(simplest, *smallest, "{yaml}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_drawn_as_bytes() {
        let no_text = |value: &Value| matches!(value, Value::Bytes(octets) if std::str::from_utf8(&octets.0).is_err());
        let (bytes, _) = drawn("bytes: [1, 9]");
        assert!(bytes.iter().take(400).filter(|value| no_text(value)).count() > 200);
        let (surrogates, _) = drawn("text: { from: surrogates, length: [1, 9] }");
        assert!(surrogates.iter().all(no_text));
        let (mixed, _) = drawn(
            "list_of: { of: { one_of: [a, { encoded: { of: '+', ways: [lower] } }] }, length: [1, 3], between: '&' }",
        );
        assert!(mixed.contains(&Value::Wire("a%26%2b".to_owned())), "what is encoded stays so");
    }

    #[test]
    fn parameters_come_once_each_unless_they_may_come_again() {
        let names = |value: &Value| match value {
            Value::Parameters(all) => all.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>(),
            other => panic!("{other}"),
        };
        let twice = |names: &[String]| names.iter().collect::<BTreeSet<_>>().len() < names.len();
        let yaml = "parameters: { names: { one_of: [a, b, c] }, values: { integer: [0, 9] }, length: [2, 5], repeated: REPEATED }";
        let (once, _) = drawn(&yaml.replace("REPEATED", "false"));
        assert!(!once.iter().any(|value| twice(&names(value))) && once.iter().any(|value| names(value).len() > 2));
        let (again, _) = drawn(&yaml.replace("REPEATED", "true"));
        assert!(again.iter().any(|value| twice(&names(value))));
    }

    #[test]
    fn recipes_are_drawn_and_grow_simpler() {
        let (damages, smallest) = drawn("damage: [drop, flip, swap, repeat, truncate]");
        assert_eq!(smallest, Value::Damage(Damage { how: How::Drop, at: 0 }));
        assert!(damages.iter().any(|value| matches!(value, Value::Damage(Damage { how: How::Truncate, at: 9.. }))));

        let (spellings, smallest) = drawn("spelling: [order, encoding, chunked, header_case]");
        assert_eq!(smallest, Value::Spelling(Spelling::default()));
        let is = |holds: fn(&Spelling) -> bool| {
            spellings.iter().any(|value| matches!(value, Value::Spelling(spelling) if holds(spelling)))
        };
        assert!(is(|it| it.chunked) && is(|it| it.headers == HeaderCase::Title));
        assert!(is(|it| it.order.contains(&1)) && is(|it| it.ways.contains(&Way::Lower)));
        let (only_order, _) = drawn("spelling: [order]");
        let plain = |value: &Value| matches!(value, Value::Spelling(Spelling { ways, chunked: false, headers: HeaderCase::Lower, .. }) if ways.is_empty());
        assert!(only_order.iter().all(plain));

        let slips = |yaml| {
            let (all, _) = drawn(yaml);
            let has_one = |value: &&Value| matches!(value, Value::Writing(Writing { slip: Some(_), .. }));
            (all.iter().filter(has_one).count(), all.len())
        };
        let (well, (badly, all)) = (slips("basic: encoded").0, slips("basic: badly"));
        assert_eq!((well, badly), (0, all));
    }
}
