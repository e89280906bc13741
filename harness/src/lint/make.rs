//! The make of a token: all that lints see of it. Two of the same make meet the same lints, whatever their values.

use ropcheck_reports::record::{JwtFacts, JwtObject, TokenFacts};
use serde_json::Value;

use super::jwt::MILLISECONDS;
use crate::witness::B64TOKEN;

/// Whether tokens are of the same make, one by one.
pub(super) fn alike(some: &[TokenFacts], others: &[TokenFacts]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(one, other)| alike_one(one, other))
}

fn alike_one(one: &TokenFacts, other: &TokenFacts) -> bool {
    let class = |facts: &TokenFacts| (facts.alphabet == 0, facts.alphabet <= B64TOKEN, facts.visible_ascii);
    let jwts = match (&one.jwt, &other.jwt) {
        (Some(one), Some(other)) => alike_jwts(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    one.member == other.member && class(one) == class(other) && jwts
}

fn alike_jwts(one: &JwtFacts, other: &JwtFacts) -> bool {
    one.flaws == other.flaws && one.header == other.header && alike_claims(&one.claims, &other.claims)
}

fn alike_claims(some: &JwtObject, others: &JwtObject) -> bool {
    let alike_two = |(one, other): (Option<&Value>, Option<&Value>)| {
        one.zip(other).is_some_and(|(one, other)| alike_values(one, other))
    };
    if let Some(mut differ) = some.other_than(others) {
        return differ.all(alike_two);
    }
    let (some, others) = (some.iter(), others.iter());
    some.len() == others.len()
        && some.zip(others).all(|((name, one), (other_name, other))| name == other_name && alike_values(one, other))
}

fn alike_values(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one == other || (is_plain(one) && is_plain(other)),
        (Value::Number(one), Value::Number(other)) => {
            let is_past = |number: &serde_json::Number| number.as_f64().is_none_or(|number| number >= MILLISECONDS);
            is_past(one) == is_past(other)
        }
        _ => one == other,
    }
}

/// Whether a text is one that every claim which is a text may be: no lint tells two of them apart.
fn is_plain(text: &str) -> bool {
    text.len() <= 255 && text.bytes().fold(true, |all, byte| all & (matches!(byte, b' '..=b'~') && byte != b':'))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};
    use ropcheck_reports::record::{Finding, Fingerprint, Flaw, Part, Signature};
    use serde_json::json;

    use super::super::{LINTS, Sees};
    use super::*;
    use crate::exchange::Answer;

    fn token(member: &str, header: Value, claims: Value, flaws: Vec<Flaw>) -> TokenFacts {
        let object = |value: Value| value.as_object().expect("an object").clone().into();
        let signature = Signature::NotTried("not asked for".to_owned());
        let jwt = JwtFacts { header: object(header), claims: object(claims), signature, flaws };
        TokenFacts {
            member: member.to_owned(),
            fingerprint: Fingerprint([7; 8]),
            length: 3,
            visible_ascii: true,
            alphabet: 0,
            unchanged: None,
            jwt: Some(jwt),
        }
    }

    fn answer(tokens: Vec<TokenFacts>) -> Answer {
        let body = json!({ "access_token": "⟦access_token⟧", "id_token": "⟦id_token⟧", "token_type": "Bearer", "expires_in": 300 });
        let mut answer = Answer::new(200, HeaderMap::new(), Bytes::from(body.to_string()), None);
        answer.tokens = tokens;
        answer
    }

    /// What each lint that sees the make of tokens comes to: whether it speaks, and whether it is met.
    fn verdicts(tokens: &[TokenFacts]) -> Vec<(&'static str, Option<bool>)> {
        let answer = answer(tokens.to_vec());
        let all = LINTS.iter().filter(|lint| lint.sees == Sees::Make);
        all.map(|lint| (lint.name, (lint.look)(&answer, &Method::POST).map(|it| it == Finding::Met))).collect()
    }

    /// Everything that a claim may be, right and wrong, next to each other of its kind.
    fn values() -> Vec<Value> {
        let long = ["a", "b"].map(|letter| json!(letter.repeat(256)));
        let texts = ["", "alice", "bob smith", "5|x", "none", "JWT", "urn:x", "5:alice", ":", "ä", "é", "\u{7f}"]
            .map(Value::from);
        let numbers =
            [json!(0), json!(-3), json!(2.5), json!(1_800_000_000), json!(9e11), json!(1_800_000_000_000_u64)];
        let others =
            [json!(true), json!(false), json!(null), json!([]), json!(["a"]), json!(["a", 1]), json!({ "a": 1 })];
        long.into_iter().chain(texts).chain(numbers).chain(others).collect()
    }

    #[test]
    fn tokens_of_one_make_meet_the_same_lints() {
        const CLAIMS: [&str; 13] = [
            "amr",
            "aud",
            "auth_time",
            "email_verified",
            "exp",
            "iat",
            "iss",
            "jti",
            "nbf",
            "phone_number_verified",
            "scope",
            "sub",
            "other",
        ];
        let header = || json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "a" });
        let both =
            |claims: &Value| ["access_token", "id_token"].map(|member| token(member, header(), claims.clone(), vec![]));
        let (mut alike_pairs, mut told_apart) = (0, 0);
        for claim in CLAIMS {
            for (one, other) in
                values().iter().flat_map(|one| values().into_iter().map(move |other| (one.clone(), other)))
            {
                let (some, others) = (both(&json!({ claim: one })), both(&json!({ claim: other })));
                let same = verdicts(&some) == verdicts(&others);
                // As claims are read that are known to be alike but for this one.
                let like = |facts: &TokenFacts| {
                    let mut facts = facts.clone();
                    facts.jwt.iter_mut().for_each(|jwt| jwt.claims = jwt.claims.with(vec![(0, other.clone())]));
                    facts
                };
                let known: Vec<TokenFacts> = some.iter().map(like).collect();
                assert_eq!((alike(&some, &known), verdicts(&known)), (alike(&some, &others), verdicts(&others)));
                if alike(&some, &others) {
                    assert!(same, "{claim}: {one} and {other}");
                    alike_pairs += u32::from(one != other);
                }
                told_apart += u32::from(!same);
            }
        }
        assert!(alike_pairs > 100 && told_apart > 100, "{alike_pairs} pairs alike, {told_apart} told apart");
    }

    #[test]
    fn what_a_lint_may_see_beside_the_claims_makes_another_make() {
        let usual =
            || token("access_token", json!({ "alg": "EdDSA", "typ": "at+jwt" }), json!({ "sub": "alice" }), vec![]);
        let with = |change: fn(&mut TokenFacts)| {
            let mut changed = usual();
            change(&mut changed);
            changed
        };
        assert!(
            alike(&[usual()], &[with(|it| it.fingerprint = Fingerprint([8; 8]))]),
            "no lint sees which token it is"
        );
        for (what, other) in [
            ("another member", with(|it| it.member = "id_token".to_owned())),
            ("other characters", with(|it| it.visible_ascii = false)),
            ("no JWT", with(|it| it.jwt = None)),
            ("a small alphabet", with(|it| it.alphabet = 64)),
            ("a large alphabet", with(|it| it.alphabet = 95)),
            (
                "another header",
                token("access_token", json!({ "alg": "none", "typ": "at+jwt" }), json!({ "sub": "alice" }), vec![]),
            ),
            (
                "one claim more",
                token(
                    "access_token",
                    json!({ "alg": "EdDSA", "typ": "at+jwt" }),
                    json!({ "sub": "alice", "a": 1 }),
                    vec![],
                ),
            ),
            (
                "another claim",
                token("access_token", json!({ "alg": "EdDSA", "typ": "at+jwt" }), json!({ "iss": "alice" }), vec![]),
            ),
            ("a flaw", with(|it| it.jwt.iter_mut().for_each(|jwt| jwt.flaws = vec![Flaw::Utf8(Part::Claims)]))),
        ] {
            assert!(!alike(&[usual()], &[other]), "{what}");
        }
        assert!(!alike(&[usual()], &[usual(), usual()]));
    }
}
