//! What is expected of an answer, in words.

use super::quoted;
use crate::check::Check;
use crate::check::bits::BitsCheck;
use crate::check::challenged::ChallengeCheck;
use crate::check::claim::{ClaimCheck, CurrentCheck, Issued, OtherClaim};
use crate::check::distinct::DistinctCheck;
use crate::check::earlier::EarlierCheck;
use crate::check::header::HeaderCheck;
use crate::check::member::{Earlier, MemberCheck};
use crate::check::scope::ScopeCheck;
use crate::ordered::Ordered;
use crate::scenario::{Endpoint, Grant};
use crate::words::Words;

/// A check in one line, of an answer from that endpoint.
pub fn check(check: &Check, from: Endpoint) -> String {
    let refusal = match from.grant() {
        Grant::AccessToken => "no access token",
        Grant::Active => "no `active` true",
        Grant::Status => "another status than 200",
    };
    match check {
        Check::Granted => match from.grant() {
            Grant::AccessToken => "status 200 and an access token".to_owned(),
            Grant::Active => "status 200 and `active` true".to_owned(),
            Grant::Status => "status 200".to_owned(),
        },
        Check::NotGranted => refusal.to_owned(),
        Check::Refused(codes) => format!("{refusal}, and error {codes}"),
        Check::Status(codes) => format!("status {codes}"),
        Check::MediaType(media_type) => format!("content-type {media_type}"),
        Check::Header(check) => header(check),
        Check::Challenge(check) => challenge(check),
        Check::Member(check) => member(check),
        Check::SameAs(Earlier { member, step }) => format!("`{member}` as in step {step}"),
        Check::DiffersFrom(Earlier { member, step }) => format!("another `{member}` than in step {step}"),
        Check::Distinct(DistinctCheck { member, claim: None }) => format!("another `{member}` in every answer"),
        Check::Distinct(DistinctCheck { member, claim: Some(claim) }) => {
            format!("another {claim} of the {member} in every answer")
        }
        Check::SameAnswer(step) => format!("the same status, media type, header names and error as in step {step}"),
        Check::SameTime(step) => format!("an answer as late as that of step {step}"),
        Check::Earlier(EarlierCheck { step, shows }) => {
            let shows: Vec<String> = shows.iter().map(|one| earlier(one, from)).collect();
            format!("step {step} answered {}", shows.join(", "))
        }
        Check::Scope(check) => scope(check),
        Check::Claim(check) => claim(check),
        Check::Current(CurrentCheck { of, issued, skew: _ }) => match issued {
            None => format!("iat of the {of} not to come and exp not over"),
            Some(Issued::Now) => format!("iat of the {of} is now and exp not over"),
        },
        Check::Lifetime(member) => format!("`expires_in` no more than exp less iat of the {member}"),
        Check::Bits(BitsCheck { member, at_least }) => format!("room for {at_least} bits of entropy in the {member}"),
        Check::Signed(member) => format!("{member} verifies by a key of the server's key set"),
        Check::AnyOf(alternatives) => {
            let all: Vec<String> = self::alternatives(alternatives, from).collect();
            format!("one of: {}", all.join("; or "))
        }
    }
}

/// The permitted answers of an `any_of`, each with the sentence that permits it.
pub fn alternatives(Ordered(all): &Ordered<Vec<Check>>, from: Endpoint) -> impl Iterator<Item = String> {
    all.iter().map(move |(requirement, checks)| format!("{} ({})", self::checks(checks, from), requirement.value))
}

/// Checks that have to hold together.
pub fn checks(checks: &[Check], from: Endpoint) -> String {
    if checks.is_empty() {
        return "any answer".to_owned();
    }
    checks.iter().map(|one| check(one, from)).collect::<Vec<_>>().join(", ")
}

/// A check of an earlier answer, which may come from another endpoint.
fn earlier(check: &Check, from: Endpoint) -> String {
    match check {
        Check::Granted => "granting".to_owned(),
        Check::NotGranted => "without granting".to_owned(),
        Check::Refused(codes) => format!("error {codes}"),
        other => self::check(other, from),
    }
}

fn challenge(ChallengeCheck { scheme, error, has, lacks }: &ChallengeCheck) -> String {
    let error = error.as_ref().map(|codes| format!("has error {codes}"));
    let has = has.as_ref().map(|name| format!("has {name}"));
    let lacks = (!lacks.is_empty()).then(|| format!("has no {}", lacks.join(", no ")));
    told(&format!("challenge for {scheme}"), [error, has, lacks])
}

fn header(HeaderCheck { name, includes, matches, absent }: &HeaderCheck) -> String {
    if *absent {
        return format!("no {name} header");
    }
    let includes = includes.as_ref().map(|item| format!("includes {item}"));
    let matches = matches.as_ref().map(|pattern| format!("matches {}", pattern.0));
    told(&format!("{name} header"), [includes, matches])
}

fn member(check: &MemberCheck) -> String {
    let MemberCheck { name, kind, is, is_not, raw, matches, each, holds, lacks, same_claim, absent } = check;
    if *absent {
        return format!("no `{name}`");
    }
    let is = is.as_ref().map(|words| format!("is {}", quoted(words)));
    let matches = matches.as_ref().map(|pattern| format!("matches {}", pattern.0));
    let kind = kind.map(|kind| format!("is {}", kind.name()));
    let is_not = is_not.as_ref().map(|words| format!("is not {}", quoted(words)));
    let raw = raw.as_ref().map(|raw| format!("is {raw} to the character"));
    let each = each.as_ref().map(|pattern| format!("is a list of texts that match {}", pattern.0));
    let holds = holds.as_ref().map(|text| format!("holds \"{text}\""));
    let lacks = lacks.as_ref().map(|text| format!("does not hold \"{text}\""));
    let same_claim = same_claim.as_ref().map(|claim| format!("is {claim}"));
    told(&format!("`{name}`"), [is, is_not, raw, matches, kind, each, holds, lacks, same_claim])
}

fn claim(check: &ClaimCheck) -> String {
    let ClaimCheck { of, name, in_header, is, is_not, any_case, matches, kind, absent, same_in, differs_from, same_as } =
        check;
    let place = if *in_header { "header" } else { "claims" };
    if *absent {
        return format!("no {name} in the {place} of the {of}");
    }
    let case = if *any_case { " in any case" } else { "" };
    let said = [
        is.as_ref().map(|words| format!("is {}{case}", quoted(words))),
        is_not.as_ref().map(|words| format!("is not {}{case}", quoted(words))),
        matches.as_ref().map(|pattern| format!("matches {}", pattern.0)),
        kind.map(|kind| format!("is {}", kind.name())),
        same_in.as_ref().map(|step| format!("is as in step {step}")),
        differs_from.as_ref().map(|step| format!("is another than in step {step}")),
        same_as.as_ref().map(|OtherClaim { of, name }| format!("is {name} of the {of}")),
    ];
    told(&format!("{name} in the {place} of the {of}"), said)
}

fn scope(ScopeCheck { asked, is, within, lacks, told_in }: &ScopeCheck) -> String {
    let of = |words: &Words| match told_in {
        Some(step) => format!("what step {step} told, else {}", quoted(words)),
        None => quoted(words),
    };
    let said = [
        is.as_ref().map(|words| format!("is just {}", of(words))),
        within.as_ref().map(|words| format!("is not beyond {}", of(words))),
        lacks.as_ref().map(|words| format!("has nothing of {}", quoted(words))),
        asked.as_ref().map(|words| format!("asked for was {}", quoted(words))),
    ];
    told("granted scope", said)
}

/// A thing, with what is said of it; that it is there where nothing is.
fn told<const N: usize>(what: &str, said: [Option<String>; N]) -> String {
    let said: Vec<String> = said.into_iter().flatten().collect();
    if said.is_empty() { format!("{what} is there") } else { format!("{what} {}", said.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(yaml: &str) -> String {
        check(&serde_yaml::from_str(yaml).expect("a check"), Endpoint::Token)
    }

    #[test]
    fn a_check_says_what_it_asks_for() {
        for (yaml, says) in [
            ("granted", "status 200 and an access token"),
            (
                "refused: [invalid_request, invalid_grant]",
                "no access token, and error invalid_request or invalid_grant",
            ),
            ("header: { name: allow }", "allow header is there"),
            ("header: { name: cache-control, includes: no-store }", "cache-control header includes no-store"),
            ("member: { name: id_token, absent: true }", "no `id_token`"),
            ("member: { name: scope, type: string, is: '${scopes.one}' }", "`scope` is \"${scopes.one}\", is a string"),
            ("differs_from: { member: access_token, step: login }", "another `access_token` than in step login"),
            ("scope: { is: a, told_in: login }", "granted scope is just what step login told, else \"a\""),
            (
                "claim: { of: id_token, name: typ, in_header: true, is: JWT, any_case: true }",
                "typ in the header of the id_token is \"JWT\" in any case",
            ),
            (
                "any_of: { a/1/b: [{ status: 400 }, not_granted], a/1/c: [granted] }",
                "one of: status 400, no access token (a/1/b); or status 200 and an access token (a/1/c)",
            ),
            ("distinct: { member: access_token, claim: jti }", "another jti of the access_token in every answer"),
            ("same_answer: login", "the same status, media type, header names and error as in step login"),
            ("member: { name: active, raw: 'true' }", "`active` is true to the character"),
            (
                "member: { name: algs, each: '^.S', holds: RS256, lacks: none }",
                "`algs` is a list of texts that match ^.S, holds \"RS256\", does not hold \"none\"",
            ),
            (
                "member: { name: algs, same_claim: { step: login, of: id_token, name: alg, in_header: true } }",
                "`algs` is as alg in the header of the id_token of login",
            ),
            ("challenge: { scheme: Bearer }", "challenge for Bearer is there"),
            (
                "challenge: { scheme: Bearer, error: invalid_token, has: scope, lacks: [a, b] }",
                "challenge for Bearer has error invalid_token, has scope, has no a, no b",
            ),
            (
                "earlier: { step: login, shows: [granted, { status: 200 }, { refused: a }] }",
                "step login answered granting, status 200, error a",
            ),
            (
                "claim: { of: id_token, name: sub, is_not: me, same_as: { of: access_token, name: sub } }",
                "sub in the claims of the id_token is not \"me\", is sub of the access_token",
            ),
            ("claim: { of: id_token, name: nonce, absent: true }", "no nonce in the claims of the id_token"),
            ("scope: { lacks: a b }", "granted scope has nothing of \"a b\""),
            ("bits: { member: refresh_token, at_least: 128 }", "room for 128 bits of entropy in the refresh_token"),
        ] {
            assert_eq!(checked(yaml), says);
        }
    }

    #[test]
    fn granted_means_another_thing_at_another_endpoint() {
        let told = |from| [Check::Granted, Check::NotGranted].map(|one| check(&one, from));
        assert_eq!(told(Endpoint::Introspection), ["status 200 and `active` true", "no `active` true"]);
        assert_eq!(told(Endpoint::Userinfo), ["status 200", "another status than 200"]);
    }
}
