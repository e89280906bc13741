//! The check that a token can't be guessed, as far as a few tokens can tell.

use ropcheck_reports::record::{Because, Finding, TokenFacts};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Around, pair, unjudged};
use crate::exchange::Answer;

/// How much of a token can be random at the most (RFC 6749 section 10.10): the characters that differ from the token of that
/// member before it, wherever in this walk most do, times the bits of the alphabet. What is within the bound may be guessable
/// all the same. A JWT meets it by being signed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BitsCheck {
    /// The member that carries the token.
    pub member: String,
    /// The bits that it has to have room for.
    pub at_least: u32,
}

impl BitsCheck {
    pub(super) fn judge(&self, answer: &Answer, around: &dyn Around) -> Finding {
        let Self { member, at_least } = self;
        let Some(token) = answer.token(member) else {
            return unjudged(Because::Setup, format!("{}: no {member}", answer.in_few_words()));
        };
        // What keeps a JWT from being made up is its signature, which checks of its own look at: here that it has one.
        if let Some(jwt) = &token.jwt {
            let signed = jwt.header.get("alg").and_then(Value::as_str).is_some_and(|alg| alg != "none");
            return pair(
                signed,
                || format!("a {member} that can't be guessed"),
                || "a JWT without a signature, which anybody can make up".to_owned(),
            );
        }
        if token.alphabet == 0 {
            return unjudged(Because::NotRecorded, format!("the record does not tell the alphabet of the {member}"));
        }
        let mut seen: Vec<&TokenFacts> = around.others().into_iter().filter_map(|other| other.token(member)).collect();
        seen.push(token);
        let bits = bits(&seen);
        pair(
            bits >= f64::from(*at_least),
            || format!("room for {at_least} bits of entropy in the {member}"),
            || {
                let (alphabet, length) = (token.alphabet, token.length);
                match most_changed(&seen) {
                    Some(changed) => {
                        let of = seen.len();
                        format!(
                            "{bits:.0} bits at the most: of {of} tokens each has {changed} of {length} characters at the most that differ from the one before, of an alphabet of {alphabet}"
                        )
                    }
                    None => format!("{bits:.0} bits at the most: {length} characters of an alphabet of {alphabet}"),
                }
            },
        )
    }
}

/// The most characters in which any of these tokens differs from the one before it.
fn most_changed(seen: &[&TokenFacts]) -> Option<usize> {
    seen.iter().filter_map(|token| Some(token.length.saturating_sub(token.unchanged?))).max()
}

/// The most bits that such tokens can have been drawn with.
fn bits(seen: &[&TokenFacts]) -> f64 {
    let length = seen.iter().map(|token| token.length).max().unwrap_or_default();
    let alphabet = f64::from(seen.iter().map(|token| token.alphabet).max().unwrap_or_default());
    let drawn = most_changed(seen).map_or(length, |changed| {
        // The same token again, as a user may get it while it lives, tells nothing of chance.
        let others = seen.iter().filter(|token| token.unchanged.is_some_and(|unchanged| unchanged < token.length));
        (changed + same_by_chance(changed, alphabet, others.count())).min(length)
    });
    number(drawn) * alphabet.log2()
}

/// How rarely a good token is taken for a bad one: once in a million runs.
const RARELY: f64 = 1e-6;

/// How many characters more can have been drawn anew if so many differ: some are the same again by chance, and the fewer so the
/// more pairs of tokens were looked at.
fn same_by_chance(changed: usize, alphabet: f64, pairs: usize) -> usize {
    let rare = RARELY.powf(1.0 / number(pairs.max(1)));
    (0..=changed).find(|same| more_than(*same, changed + same, 1.0 / alphabet) <= rare).unwrap_or(changed)
}

/// The chance that of so many characters more than `same` are the same again, each by that chance.
fn more_than(same: usize, characters: usize, chance: f64) -> f64 {
    let differs = 1.0 - chance;
    let none = differs.powf(number(characters));
    let (mut so_many, mut up_to) = (none, none);
    for count in 1..=same {
        so_many *= number(characters + 1 - count) / number(count) * chance / differs;
        up_to += so_many;
    }
    1.0 - up_to
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use ropcheck_reports::record::Fingerprint;

    use super::*;

    fn token(length: usize, alphabet: u32, unchanged: Option<usize>) -> TokenFacts {
        let (member, fingerprint) = ("refresh_token".to_owned(), Fingerprint([0; 8]));
        TokenFacts { member, fingerprint, length, visible_ascii: true, alphabet, unchanged, jwt: None }
    }

    fn alone(token: &TokenFacts) -> f64 {
        bits(&[token])
    }

    #[test]
    fn a_token_of_128_bits_has_room_for_them_however_its_characters_fall() {
        // 32 hex digits, of which two are the same again on average and hardly ever ten.
        for same_by_chance in 0..10 {
            assert!(alone(&token(32, 16, Some(same_by_chance))) >= 128.0, "{same_by_chance}");
        }
        assert!(alone(&token(22, 64, Some(1))) >= 128.0);
        assert!(alone(&token(32, 16, None)) >= 128.0);
        // Of ten pairs one has to be better than that.
        let ten = |best: usize| [vec![token(32, 16, Some(5)); 9], vec![token(32, 16, Some(best))]].concat();
        assert!([0, 1].into_iter().all(|best| bits(&ten(best).iter().collect::<Vec<_>>()) >= 128.0));
    }

    #[test]
    fn a_counter_a_timestamp_and_a_short_token_have_not() {
        assert!(alone(&token(32, 16, Some(30))) < 64.0);
        assert!(alone(&token(43, 64, Some(27))) < 128.0);
        assert!(alone(&token(16, 64, Some(0))) < 128.0);
        assert!(alone(&token(40, 64, Some(40))) < 8.0, "the same again");
    }

    #[test]
    fn the_more_tokens_the_less_is_left_to_chance() {
        // A number in front of 136 bits: 23 characters are drawn anew, and one or two count.
        let numbered = [token(44, 64, Some(20)), token(44, 64, Some(21))];
        assert!(alone(&numbered[0]) >= 160.0, "two tokens leave it open");
        let many: Vec<&TokenFacts> = numbered.iter().cycle().take(10).collect();
        assert!(bits(&many) < 160.0);
        let same = token(44, 64, Some(44));
        assert!(bits(&[&numbered[0], &same, &same, &same]) >= 160.0, "the same again is no further pair");
    }
}
