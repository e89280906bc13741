//! What authors write, in words: a request, what is changed in it, what is expected of its answer.
//!
//! Every kind and every key is taken apart whole, so that a new one has to be put in words before it compiles.

use ropcheck_reports::drawn;

use crate::check::Check;
use crate::check::bits::BitsCheck;
use crate::check::challenged::ChallengeCheck;
use crate::check::claim::{ClaimCheck, CurrentCheck, Issued, OtherClaim};
use crate::check::distinct::DistinctCheck;
use crate::check::earlier::EarlierCheck;
use crate::check::header::HeaderCheck;
use crate::check::member::{Earlier, MemberCheck};
use crate::check::scope::ScopeCheck;
use crate::library::Library;
use crate::ordered::Ordered;
use crate::scenario::given::{Aspect, Bounds, Choice, Formed, Given, Length, Repertoire, Strategy, Typed, Written};
use crate::scenario::load::Load;
use crate::scenario::{
    Auth, Body, Capability, Change, Credential, Damage, Elsewhere, Encoding, Endpoint, Entry, Grant, Hex, Made, Method,
    Moved, Overrides, Pairs, Send, Times, Value,
};
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

/// Where a request goes: where it says, or where its base goes.
pub fn goes_to(send: &Send, library: &Library) -> Endpoint {
    let base = || library.bases.get(&send.like.as_ref()?.value)?.wrote.steps.last();
    match (send.to, base()) {
        (Some(to), _) => to,
        (None, Some(request)) => goes_to(&request.value.send, library),
        (None, None) => Endpoint::default(),
    }
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

/// A request in one line, and what is changed in it, a line each.
pub fn send(send: &Send) -> (String, Vec<String>) {
    let Send { like, change, client, user, to, at, method, form, auth, headers } = send;
    let what = match like {
        Some(base) => base.value.clone(),
        None => format!("{} to the {}", method.as_deref().unwrap_or("POST"), to.unwrap_or_default().name()),
    };
    let at = at.map(|at| format!("at {}", elsewhere(at)));
    let client = client.as_ref().map(|role| format!("as client {}", role.value));
    let user = user.as_ref().map(|role| format!("for user {}", role.value));
    let form = form.as_ref().map(|form| format!("with {}", pairs(form)));
    let auth = auth.as_ref().map(|auth| format!("authenticated by {}", self::auth(auth)));
    let headers = (!headers.0.is_empty()).then(|| format!("with {}", self::headers(headers)));
    let whole: Vec<String> = [Some(what), at, client, user, form, auth, headers].into_iter().flatten().collect();
    (whole.join(", "), change.as_ref().map(self::change).unwrap_or_default())
}

fn change(change: &Change) -> Vec<String> {
    let Change { at, method, auth, set, remove, add, to_query, query, body, chunked, respelt, headers } = change;
    let set = set.0.iter().map(|(name, value)| format!("{} is {}", name.value, self::value(value)));
    let remove = remove.iter().map(|name| format!("no {}", name.value));
    let said = [
        at.map(|at| format!("at {}", elsewhere(at))),
        method.as_ref().map(|method| format!("method {method}")),
        auth.as_ref().map(|auth| format!("client authentication by {}", self::auth(auth))),
    ];
    let more = [
        add.as_ref().map(|add| format!("besides {}", pairs(add))),
        to_query.as_ref().map(|moved| match moved {
            Moved::All => "every parameter in the query, not in the body".to_owned(),
            Moved::These(names) => format!("{} in the query, not in the body", names.join(", ")),
        }),
        query.as_ref().map(|query| format!("in the query {}", pairs(query))),
        body.as_ref().map(self::body),
        chunked.then(|| "the body in chunks".to_owned()),
        respelt.as_ref().map(|Given(name)| format!("written as drawn for {name}")),
        (!headers.0.is_empty()).then(|| self::headers(headers)),
    ];
    said.into_iter().flatten().chain(set).chain(remove).chain(more.into_iter().flatten()).collect()
}

fn body(body: &Body) -> String {
    match body {
        Body::Json => "the parameters as a JSON object".to_owned(),
        Body::Multipart => "the parameters as multipart/form-data".to_owned(),
        Body::Empty => "no body".to_owned(),
        Body::Text(words) => format!("the body {}", quoted(words)),
        Body::Hex(hex) => format!("a body of the {}", bytes(hex)),
    }
}

fn headers(Ordered(all): &Ordered<Option<Value>>) -> String {
    let one = |name: &str, value: &Option<Value>| match value {
        Some(value) => format!("header {name}: {}", self::value(value)),
        None => format!("no header {name}"),
    };
    all.iter().map(|(name, value)| one(&name.value, value)).collect::<Vec<_>>().join(", ")
}

fn pairs(Pairs(all): &Pairs) -> String {
    let one = |entry: &Entry| match entry {
        Entry::One(name, value) => format!("{name} {}", self::value(value)),
        Entry::Drawn(Given(name)) => format!("the parameters drawn for {name}"),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(words) => quoted(words),
        Value::Made(Made::DamagedAs(Given(name))) => {
            format!("the right one, damaged as drawn for {name}")
        }
        Value::Made(Made::Damaged(damage)) => match damage {
            Damage::Drop => "the right one without its last character".to_owned(),
            Damage::Flip => "the right one but for a character in its middle".to_owned(),
            Damage::Double => "the right one with its last character twice".to_owned(),
        },
        Value::Made(Made::Wire(words)) => format!("{}, not encoded", quoted(words)),
        Value::Made(Made::Hex(hex)) => format!("the {}", bytes(hex)),
        Value::Made(Made::Times { text, times }) => format!("\"{text}\" {times} times"),
        Value::Made(Made::Upper(words)) => format!("{} in upper case", quoted(words)),
        Value::Made(Made::IfAny(words)) => format!("{}, if there is one", quoted(words)),
    }
}

fn auth(Auth(all): &Auth) -> String {
    if all.is_empty() {
        return "nothing".to_owned();
    }
    all.iter().map(credential).collect::<Vec<_>>().join(" and by ")
}

fn credential(credential: &Credential) -> String {
    let (method, Overrides { id, secret, pair, encoding, scheme, written }) = match credential {
        Credential::Header(value) => return format!("header authorization: {}", self::value(value)),
        Credential::By(method, overrides) => (method, overrides),
    };
    let method = match method {
        Method::Own => "its own method",
        Method::Basic => "client_secret_basic",
        Method::Post => "client_secret_post",
        Method::None => "client_id alone",
    };
    let other = [
        id.as_ref().map(|id| format!("id {}", value(id))),
        secret.as_ref().map(|secret| format!("secret {}", value(secret))),
        pair.as_ref().map(|pair| format!("credentials {}", value(pair))),
        match encoding {
            Encoding::Form => None,
            Encoding::FormButColon => Some("colons not encoded".to_owned()),
            Encoding::Raw => Some("nothing encoded".to_owned()),
        },
        scheme.as_ref().map(|scheme| format!("scheme {scheme}")),
        written.as_ref().map(|Given(name)| format!("the header written as drawn for {name}")),
    ];
    let other: Vec<String> = other.into_iter().flatten().collect();
    if other.is_empty() { method.to_owned() } else { format!("{method} with {}", other.join(", ")) }
}

fn elsewhere(at: Elsewhere) -> &'static str {
    match at {
        Elsewhere::Neighbour => "another workspace of the server",
    }
}

/// How often a step is sent, where it is more than once.
pub fn times(times: Times) -> Option<String> {
    match times {
        Times::Of(1) => None,
        Times::Of(n) => Some(format!("{n} times")),
        Times::UntilThrottled => Some("until the server throttles".to_owned()),
    }
}

/// Who asks under load, and when, as a sentence.
pub fn load(load: &Load) -> String {
    let who = match (&load.users, &load.rate, &load.search, &load.race) {
        (Some(users), ..) => format!("Walked by users: {}", users.text),
        (_, Some(rate), ..) => format!("Walked by arrivals: {}", rate.text),
        (.., Some(race)) => format!("Races its last step: {} uses at once, in {} rounds", race.at_once, race.rounds),
        (_, _, Some(search), _) => {
            format!(
                "Searches for the highest rate that keeps its thresholds, from {}/s to {}/s",
                search.from, search.up_to
            )
        }
        (None, None, None, None) => "Says not who asks".to_owned(),
    };
    let journeys = load.journeys.iter().map(|one| format!("{} (weight {})", one.value.walk, one.value.weight));
    match journeys.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => who,
        journeys => format!("{who}; journeys: {journeys}"),
    }
}

/// What a target must offer, as a noun.
pub fn capability(capability: Capability) -> &'static str {
    match capability {
        Capability::RefreshToken => "refresh tokens",
        Capability::IdToken => "ID tokens",
        Capability::JwtAccessToken => "access tokens that are JWTs",
        Capability::Rfc9068 => "access tokens after RFC 9068",
        Capability::ClientCredentials => "client credentials grant",
        Capability::Jwks => "a key set",
        Capability::Metadata => "metadata",
        Capability::OpenidMetadata => "OpenID metadata",
        Capability::Introspection => "introspection",
        Capability::Revocation => "revocation",
        Capability::Userinfo => "userinfo",
        Capability::Neighbour => "a neighbour",
    }
}

/// How a value is drawn.
pub fn strategy(strategy: &Strategy) -> String {
    match strategy {
        Strategy::Text { from, length } => format!("{} of {}", self::length(*length), repertoire(*from)),
        Strategy::Long(length) => format!("{} times the same letter", self::length(*length)),
        Strategy::Bytes(length) => format!("{} bytes", self::length(*length)),
        Strategy::Integer(Bounds(least, most)) => format!("a number from {least} to {most}"),
        Strategy::OneOf(all) => format!("one of {}", all.iter().map(choice).collect::<Vec<_>>().join(", ")),
        Strategy::ListOf { of, length, between } => {
            let between = if between.is_empty() { String::new() } else { format!(", \"{between}\" between them") };
            format!("{} texts, each {}{between}", self::length(*length), choice(of))
        }
        Strategy::Encoded { of, .. } => format!("an encoding of {}", choice(of)),
        Strategy::Scope(formed) => format!("a {} scope", self::formed(*formed)),
        Strategy::MediaType(typed) => format!("the media type of a form, {}", self::typed(*typed)),
        Strategy::Parameters { names, values, length, repeated } => format!(
            "{} parameters, {}: the name is {}, the value {}",
            self::length(*length),
            if *repeated { "repeated ones among them" } else { "none twice" },
            choice(names),
            choice(values)
        ),
        Strategy::Damage(_) => "damage to one character of a right value".to_owned(),
        Strategy::Basic(written) => format!("how Basic credentials are written: {}", self::written(*written)),
        Strategy::Spelling(aspects) => {
            let aspect = |aspect: &Aspect| match aspect {
                Aspect::Order => "the order of its parameters",
                Aspect::Encoding => "their percent-encoding",
                Aspect::Chunked => "chunks or not",
                Aspect::HeaderCase => "the case of header names",
            };
            format!("how the request is written: {}", aspects.iter().map(aspect).collect::<Vec<_>>().join(", "))
        }
    }
}

fn length(Length(least, most): Length) -> String {
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}

fn choice(choice: &Choice) -> String {
    match choice {
        Choice::Just(text) => drawn::Value::Text(text.clone()).to_string(),
        Choice::Drawn(strategy) => self::strategy(strategy),
    }
}

fn formed(formed: Formed) -> &'static str {
    match formed {
        Formed::Well => "well formed",
        Formed::Badly => "badly formed",
    }
}

fn typed(typed: Typed) -> &'static str {
    match typed {
        Typed::Cased => "its letters in either case",
        Typed::WithParameters => "with parameters",
        Typed::Badly => "badly formed",
    }
}

fn written(written: Written) -> &'static str {
    match written {
        Written::Encoded => "which bytes are percent-encoded",
        Written::Cased => "the case of the scheme",
        Written::Spaced => "how many spaces stand behind the scheme",
        Written::Badly => "badly formed",
    }
}

fn repertoire(from: Repertoire) -> &'static str {
    match from {
        Repertoire::Ascii => "printable ASCII",
        Repertoire::Name => "what parameter names are made of",
        Repertoire::Token => "what bearer tokens are made of",
        Repertoire::Unicode => "the characters of all scripts",
        Repertoire::NormalForms => "letters in either of their normal forms",
        Repertoire::Controls => "letters with control characters between them",
        Repertoire::Padded => "printable ASCII with spaces around it",
        Repertoire::Surrogates => "letters with surrogates between them",
        Repertoire::Any => "any characters, controls among them",
    }
}

fn quoted(words: &Words) -> String {
    format!("\"{}\"", words.settled())
}

fn bytes(Hex(all): &Hex) -> String {
    format!("bytes {}", all.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(yaml: &str) -> String {
        check(&serde_yaml::from_str(yaml).expect("a check"), Endpoint::Token)
    }

    fn sent(yaml: &str) -> (String, Vec<String>) {
        send(&serde_yaml::from_str(yaml).expect("a request"))
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
        let library = Library::load(None).expect("the project's own scenarios can be read");
        let like = |base: &str| serde_yaml::from_str(&format!("{{ like: {base} }}")).expect("a request");
        assert_eq!(goes_to(&like("good-refresh"), &library), Endpoint::Token);
        assert_eq!(goes_to(&Send { to: Some(Endpoint::Jwks), ..Send::default() }, &library), Endpoint::Jwks);
    }

    #[test]
    fn a_step_that_is_sent_once_says_nothing_of_it() {
        assert_eq!(times(Times::default()), None);
        assert_eq!(times(Times::Of(30)).as_deref(), Some("30 times"));
        assert_eq!(times(Times::UntilThrottled).as_deref(), Some("until the server throttles"));
    }

    #[test]
    fn a_request_says_where_it_goes_and_what_is_changed() {
        let (whole, changes) = sent("{ like: good-login, as: public, user: second }");
        assert_eq!((whole.as_str(), changes.len()), ("good-login, as client public, for user second", 0));
        let (whole, _) = sent("{ to: jwks, method: GET, auth: nothing, headers: { accept: null } }");
        assert_eq!(whole, "GET to the key set, authenticated by nothing, with no header accept");
        let (_, changes) = sent(
            "{ like: good-login, change: { method: PUT, auth: [{ basic: { secret: { damaged: flip } } }, post], set: { scope: a }, at: neighbour, chunked: true,
               remove: [username], to_query: all, body: { hex: 'ff 00' }, headers: { x: { wire: 'a%' } } } }",
        );
        assert_eq!(
            changes,
            [
                "at another workspace of the server",
                "method PUT",
                "client authentication by client_secret_basic with secret the right one but for a character in its middle \
                 and by client_secret_post",
                "scope is \"a\"",
                "no username",
                "every parameter in the query, not in the body",
                "a body of the bytes ff 00",
                "the body in chunks",
                "header x: \"a%\", not encoded",
            ]
        );
    }

    #[test]
    fn nothing_that_the_project_asks_is_without_words() {
        let library = Library::load(None).expect("the project's own scenarios can be read");
        for (id, scenario) in &library.scenarios {
            for step in scenario.wrote.all_steps() {
                let (whole, changes) = send(&step.value.send);
                assert!(changes.is_empty() || step.value.send.change.is_some(), "{id}");
                let from = goes_to(&step.value.send, &library);
                let checks = step.value.expect.0.iter().flat_map(|(_, checks)| checks);
                let checks = checks.map(|one| check(&one.value, from));
                assert!(checks.chain(changes).chain([whole]).all(|words| !words.is_empty()), "{id}");
            }
        }
    }
}
