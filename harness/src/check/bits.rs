//! The check that a token can't be guessed, as far as a few tokens can tell.

use ropcheck_reports::record::{Because, Finding, TokenFacts};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{pair, unjudged};
use crate::exchange::Answer;

/// How much of a token can be random at the most (RFC 6749 section 10.10): the characters that differ from the previous token
/// of that member in this walk, times the bits of the alphabet. What is within the bound may be guessable all the same. A JWT
/// meets it by being signed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BitsCheck {
    /// The member that carries the token.
    pub member: String,
    /// The bits that it has to have room for.
    pub at_least: u32,
}

impl BitsCheck {
    pub(super) fn judge(&self, answer: &Answer) -> Finding {
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
        let bits = bits(token);
        pair(
            bits >= f64::from(*at_least),
            || format!("room for {at_least} bits of entropy in the {member}"),
            || {
                let changed = match token.unchanged {
                    Some(unchanged) => format!(
                        "{} of {} characters differ from the one before",
                        token.length - unchanged,
                        token.length
                    ),
                    None => format!("{} characters", token.length),
                };
                format!("{bits:.0} bits at the most: {changed}, of an alphabet of {}", token.alphabet)
            },
        )
    }
}

/// The most bits that a token can have been drawn with.
fn bits(token: &TokenFacts) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    let (length, alphabet) = (number(token.length), f64::from(token.alphabet));
    let drawn = token.unchanged.map_or(length, |unchanged| {
        let changed = number(token.length.saturating_sub(unchanged));
        // Of characters drawn anew some are the same again by chance; six standard deviations more than their mean, and
        // one for short tokens, leave no good token in doubt.
        let by_chance = changed / alphabet;
        (changed + by_chance + 6.0 * by_chance.sqrt() + 1.0).min(length)
    });
    drawn * alphabet.log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(length: usize, alphabet: u32, unchanged: Option<usize>) -> TokenFacts {
        let (member, fingerprint) = ("refresh_token".to_owned(), String::new());
        TokenFacts { member, fingerprint, length, visible_ascii: true, alphabet, unchanged, jwt: None }
    }

    #[test]
    fn a_token_of_128_bits_has_room_for_them_however_its_characters_fall() {
        // 32 hex digits, of which two are the same again on average and hardly ever ten.
        for same_by_chance in 0..10 {
            assert!(bits(&token(32, 16, Some(same_by_chance))) >= 128.0, "{same_by_chance}");
        }
        assert!(bits(&token(22, 64, Some(1))) >= 128.0);
        assert!(bits(&token(32, 16, None)) >= 128.0);
    }

    #[test]
    fn a_counter_a_timestamp_and_a_short_token_have_not() {
        assert!(bits(&token(32, 16, Some(30))) < 64.0);
        assert!(bits(&token(43, 64, Some(27))) < 128.0);
        assert!(bits(&token(16, 64, Some(0))) < 128.0);
        assert!(bits(&token(40, 64, Some(40))) < 8.0, "the same again");
    }
}
