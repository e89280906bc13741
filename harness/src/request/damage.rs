//! A right value made wrong in one place, and what is said of it.

use ropcheck_reports::drawn::{self, How};

use crate::scenario::send::Damage;

/// What is said of a value made wrong in a fixed way.
pub(super) fn damage_recipe(how: Damage) -> &'static str {
    match how {
        Damage::Drop => "its last character dropped",
        Damage::Flip => "its middle character changed",
        Damage::Double => "its last character doubled",
    }
}

/// A text made wrong in a fixed way; it always differs from the right one.
pub(super) fn damaged(text: &str, how: Damage) -> String {
    let length = text.chars().count();
    let (how, at) = match how {
        Damage::Drop => (How::Drop, length.saturating_sub(1)),
        Damage::Flip => (How::Flip, length / 2),
        Damage::Double => (How::Repeat, length.saturating_sub(1)),
    };
    damaged_at(text, drawn::Damage { how, at })
}

/// A text made wrong in one place. It always differs from the right one, and is never empty: a parameter without a value is
/// treated as one that is not there (RFC 6749 section 3.2), which is another mistake.
pub(crate) fn damaged_at(text: &str, drawn::Damage { how, at }: drawn::Damage) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let length = chars.len();
    if length < 2 && how != How::Flip || length == 0 {
        chars.push('x');
        return chars.into_iter().collect();
    }
    let at = at % length;
    let flipped = |c: char| if c == 'x' { 'y' } else { 'x' };
    match how {
        How::Drop => {
            chars.remove(at);
        }
        How::Flip => chars[at] = flipped(chars[at]),
        How::Swap => {
            match (0..length).map(|step| (at + step) % length).find(|at| at + 1 < length && chars[*at] != chars[at + 1])
            {
                Some(at) => chars.swap(at, at + 1),
                // All of its characters are the same.
                None => chars[at] = flipped(chars[at]),
            }
        }
        How::Repeat => chars.insert(at, chars[at]),
        How::Truncate => chars.truncate(if at + 1 == length { at } else { at + 1 }),
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_value_is_another_one_and_not_empty() {
        for right in ["", "x", "xx", "xyx", "wonderland", "päss"] {
            for how in [Damage::Drop, Damage::Flip, Damage::Double] {
                assert_ne!(damaged(right, how), right, "{how:?}");
            }
            for how in [How::Drop, How::Flip, How::Swap, How::Repeat, How::Truncate] {
                for at in 0..20 {
                    let wrong = damaged_at(right, drawn::Damage { how, at });
                    assert!(wrong != right && !wrong.is_empty(), "{right} with character {at} {how:?}: {wrong}");
                }
            }
        }
        let third = |how| damaged_at("abcdef", drawn::Damage { how, at: 2 });
        let all = [How::Drop, How::Flip, How::Swap, How::Repeat, How::Truncate].map(third);
        assert_eq!(all, ["abdef", "abxdef", "abdcef", "abccdef", "abc"]);
    }
}
