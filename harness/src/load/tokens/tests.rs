//! Each truth met and broken: by tokens made by hand, and by the faults of the reference server.

use std::collections::BTreeMap;
use std::fs;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ropcheck_reference_server::{FAULTS, Fault, Policy};
use ropcheck_reports::record::{Because, Finding, Origin, Share};
use serde_json::{Value, json};

use super::*;
use crate::drawn::Drawn;
use crate::exchange::Sent;
use crate::library::Library;
use crate::session::Subject;
use crate::walk::{Start, walk};
use crate::witness::{Keys, witness};

const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://issuer.example";

/// A server's key, and the key set that has it.
pub(super) struct Signer(pub(super) Ed25519KeyPair, Arc<Keys>);

impl Signer {
    pub(super) fn new() -> Self {
        let pair = Ed25519KeyPair::generate().expect("random bytes");
        let x = URL_SAFE_NO_PAD.encode(pair.public_key());
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "a", "x": x });
        Self(pair, Arc::new(Keys::new(Ok(vec![key]), crate::seal::Known::default())))
    }

    pub(super) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.1)
    }

    /// A token as a witness hands it on.
    fn known(&self, member: &str, token: Secret) -> (TokenFacts, Secret) {
        (self.1.facts(member.to_owned(), token.expose(), None, false), token)
    }

    fn sign(&self, header: &Value, claims: &Value) -> Secret {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()));
        Secret::new(format!("{signed}.{signature}"))
    }
}

pub(super) fn against(signer: &Signer, validated: Validated) -> Against {
    Against {
        keys: signer.keys(),
        journeys: vec![("load/mine/logins".to_owned(), Some(ISSUER.to_owned()))],
        rfc9068: false,
        skew: Duration::from_secs(60),
        validated,
        subjects: vec![],
    }
}

/// An answer before its tokens are signed.
pub(super) struct Draft {
    issued: Issued,
    access_header: Value,
    access: Value,
    id_header: Value,
    id: Value,
    refresh: String,
}

impl Draft {
    /// A faultless one to a user's login, the first, the second, ...
    pub(super) fn good(user: &str, number: u32) -> Self {
        let times = json!({ "iss": ISSUER, "sub": format!("sub-of-{user}"), "iat": NOW, "exp": NOW + 300 });
        let with = |more: Value| {
            let mut claims = times.as_object().expect("an object").clone();
            claims.extend(more.as_object().expect("an object").clone());
            Value::Object(claims)
        };
        Self {
            issued: Issued {
                walk: number,
                user: Some(user.into()),
                client: "app".into(),
                scope: Some("openid read".to_owned()),
                expires_in: Some(300),
                heard_at: Duration::from_secs(NOW),
                ..Issued::default()
            },
            access_header: json!({ "alg": "EdDSA", "kid": "a", "typ": "at+jwt" }),
            access: with(
                json!({ "aud": "https://api.example", "jti": format!("jti-{user}-{number}"), "scope": "read" }),
            ),
            id_header: json!({ "alg": "EdDSA", "kid": "a" }),
            id: with(json!({ "aud": ["app"] })),
            refresh: format!("refresh-{user}-{number}"),
        }
    }

    pub(super) fn issued(self, signer: &Signer) -> Issued {
        let tokens = [
            ("access_token", signer.sign(&self.access_header, &self.access)),
            ("id_token", signer.sign(&self.id_header, &self.id)),
            ("refresh_token", Secret::new(self.refresh)),
        ];
        let tokens = tokens.map(|(member, token)| signer.known(member, token)).into();
        Issued { tokens, ..self.issued }
    }
}

/// All that looks at tokens, without the thread.
pub(super) struct All(Look, Signatures);

impl All {
    pub(super) fn new(against: Against) -> Self {
        let against = Arc::new(against);
        Self(Look::new(Arc::clone(&against)), Signatures::new(against))
    }

    /// Looks at some answers, and tries their signatures together.
    pub(super) fn look(&mut self, answers: impl IntoIterator<Item = Issued>) {
        let batch: Vec<ToTry> = answers.into_iter().filter_map(|issued| self.0.look(issued)).collect();
        self.1.hold(&batch);
    }

    pub(super) fn came(self) -> Came {
        self.0.came(self.1.came())
    }
}

/// What came of two users with two logins each, the last one changed.
fn came(against: impl FnOnce(&Signer) -> Against, change: impl Fn(&mut Draft)) -> Came {
    let signer = Signer::new();
    let mut look = All::new(against(&signer));
    for (number, user) in (1..).zip(["alice", "bob", "alice", "bob"]) {
        let mut draft = Draft::good(user, number);
        if number == 4 {
            change(&mut draft);
        }
        look.look([draft.issued(&signer)]);
    }
    look.came()
}

fn all(signer: &Signer) -> Against {
    against(signer, Validated::All)
}

/// The truths that were broken, in order.
fn broken(came: &Came) -> Vec<&str> {
    let broken = came.found.iter().filter(|found| matches!(found.finding, Finding::Broken { .. }));
    broken.filter_map(|found| found.case.strip_prefix("across/")).collect()
}

fn found<'a>(came: &'a Came, truth: &str) -> &'a Found {
    came.found.iter().find(|found| found.case == format!("across/{truth}")).expect("a token spoke of it")
}

#[test]
fn faultless_tokens_meet_every_truth() {
    let came = came(all, |_| {});
    assert_eq!(came.found.len(), TRUTHS.len(), "{came:?}");
    for found in &came.found {
        let of = if found.case == "across/sub-of-one" { 8 } else { 4 };
        assert_eq!((&found.finding, found.share), (&Finding::Met, Some(Share { broken: 0, of, open: 0 })), "{found:?}");
        assert_eq!((found.origin, found.evidence.len()), (Origin::Across, 0));
    }
    assert_eq!((came.seen, came.validated), (12, 8));
    assert!(came.odds > 0.0 && came.odds < 1e-15, "{}", came.odds);
}

#[test]
fn names_are_sorted_and_sentences_are_in_the_catalogue() {
    assert!(TRUTHS.is_sorted_by_key(|truth| truth.name));
    let library = Library::load(None).expect("the project's own scenarios can be read");
    for truth in &TRUTHS {
        assert!(library.catalogue.get(truth.requirement).is_some(), "{}", truth.requirement);
    }
}

type Change = fn(&mut Draft);

/// What is done to the last answer · the truths that it breaks.
#[test]
fn each_truth_is_broken_by_the_token_that_breaks_it_alone() {
    let table: [(Change, &[&str]); 30] = [
        (|d| d.access["aud"] = Value::Null, &["access-token-aud"]),
        (|d| d.access["aud"] = json!([]), &["access-token-aud"]),
        (|d| d.access["exp"] = Value::Null, &["access-token-exp"]),
        (|d| d.access["exp"] = json!(NOW - 61), &["access-token-exp", "access-token-lifetime"]),
        (|d| d.access["exp"] = json!(NOW + 241), &[]),
        (|d| d.access["exp"] = json!(NOW + 239), &["access-token-lifetime"]),
        (|d| d.access["exp"] = json!(NOW + 86400), &[]),
        (|d| d.access["iat"] = json!(NOW + 61), &["access-token-iat"]),
        (|d| d.access["iat"] = json!("now"), &["access-token-iat"]),
        (|d| d.access["iat"] = json!(NOW - 3600), &[]),
        // The issuer is part of what a jti is unique in.
        (|d| d.access["iss"] = json!("https://other.example"), &["access-token-iss"]),
        (|d| d.issued.expires_in = Some(300_000), &["access-token-lifetime"]),
        (|d| d.issued.expires_in = None, &[]),
        (|d| d.access["scope"] = json!("read write"), &["access-token-scope"]),
        (|d| d.access["scope"] = json!(["read", "write"]), &["access-token-scope"]),
        (|d| d.issued.scope = None, &[]),
        (|d| d.access_header["alg"] = json!("none"), &["access-token-signature"]),
        (|d| d.access["sub"] = json!("sub-of-carol"), &["access-token-sub"]),
        (|d| d.access["sub"] = json!("sub-of-alice"), &["access-token-sub", "sub-of-one"]),
        (|d| d.id["aud"] = json!("other"), &["id-token-aud"]),
        (|d| d.id["exp"] = json!(NOW - 61), &["id-token-exp"]),
        (|d| d.id["iat"] = json!(NOW + 61), &["id-token-iat"]),
        (|d| d.id["iss"] = json!("https://other.example"), &["id-token-iss"]),
        (|d| d.id_header["kid"] = json!("b"), &[]),
        (|d| d.id_header["alg"] = json!("RS256"), &["id-token-signature"]),
        (|d| d.id["sub"] = json!("sub-of-carol"), &["id-token-sub"]),
        (|d| d.id["sub"] = json!("sub-of-alice"), &["id-token-sub", "sub-of-one"]),
        (|d| d.access["jti"] = json!("jti-alice-1"), &["jti-of-one"]),
        (|d| d.refresh = "refresh-alice-1".to_owned(), &["refresh-token-of-one"]),
        (|d| d.refresh = "refresh-bob-2".to_owned(), &[]),
    ];
    for (row, (change, wanted)) in table.into_iter().enumerate() {
        let came = came(all, change);
        assert_eq!(broken(&came), wanted, "row {row}: {came:?}");
        for truth in wanted {
            let share = found(&came, truth).share.expect("a share");
            assert_eq!(share.broken, 1, "row {row}");
        }
    }
}

/// Signatures of one key are tried together, and one that does not hold spoils no other.
#[test]
fn of_signatures_that_are_tried_together_the_wrong_one_is_told() {
    let (signer, other) = (Signer::new(), Signer::new());
    for wrong in [None, Some(0), Some(2)] {
        let by = |number: u32| if wrong == Some(number) { &other } else { &signer };
        let answers: Vec<Issued> = (0..4).map(|number| Draft::good("alice", number).issued(by(number))).collect();
        let mut look = All::new(all(&signer));
        look.look(answers);
        let came = look.came();
        let told = wrong.map_or(vec![], |_| vec!["access-token-signature", "id-token-signature"]);
        assert_eq!((came.validated, broken(&came)), (8, told), "{wrong:?}");
        let signature = found(&came, "access-token-signature");
        assert_eq!(signature.share, Some(Share { broken: u64::from(wrong.is_some()), of: 4, open: 0 }));
        if let (Finding::Broken { actual, .. }, Some(wrong)) = (&signature.finding, wrong) {
            assert!(actual.contains(&format!("~{wrong}#1, alice")), "{actual}");
        }
    }
}

#[test]
fn an_access_token_of_two_users_is_told_whatever_it_is() {
    let signer = Signer::new();
    let jwt = Draft::good("alice", 1).issued(&signer).tokens.remove(0).1;
    for token in [Secret::new("opaque"), jwt] {
        let mut look = All::new(all(&signer));
        let mut tell = |walk: u32, user: &str, client: &str| {
            let (tokens, (user, client)) = (vec![signer.known("access_token", token.clone())], (user, client));
            let issued = Draft::good(user, walk).issued;
            look.look([Issued { tokens, client: client.into(), ..issued }]);
        };
        // Again to the same user and client it is no other's.
        for (walk, user, client) in [(1, "alice", "app"), (2, "alice", "app"), (3, "bob", "app"), (4, "alice", "web")] {
            tell(walk, user, client);
        }
        let came = look.came();
        let one = found(&came, "access-token-of-one");
        assert_eq!(one.share, Some(Share { broken: 2, of: 4, open: 0 }));
        let Finding::Broken { expected, actual } = &one.finding else { panic!("{one:?}") };
        assert_eq!(expected, "no other user or client has the access_token");
        assert!(actual.contains("the same 8-byte fingerprint"), "{actual}");
        assert!(actual.ends_with(": load/mine/logins~3#1, bob by app, 0 s after the first; also load/mine/logins~4#1, alice by web, 0 s after the first"), "{actual}");
    }
}

#[test]
fn no_more_than_a_few_examples_and_no_token_are_told() {
    let signer = Signer::new();
    let mut look = All::new(all(&signer));
    let mut texts = Vec::new();
    for number in 0..100 {
        let mut draft = Draft::good("alice", number);
        (draft.access["jti"], draft.access["iat"]) = (json!("the-same"), json!(NOW + u64::from(number)));
        draft.issued.heard_at += Duration::from_secs(number.into());
        let issued = draft.issued(&signer);
        texts.extend(issued.tokens.iter().map(|(_, token)| token.expose().to_owned()));
        look.look([issued]);
    }
    let came = look.came();
    let jti = found(&came, "jti-of-one");
    assert_eq!(jti.share, Some(Share { broken: 99, of: 100, open: 0 }));
    let Finding::Broken { actual, .. } = &jti.finding else { panic!("{jti:?}") };
    assert_eq!(actual.matches('~').count(), crate::lint::EXAMPLES, "{actual}");
    assert!(actual.contains("~2#1, alice by app, 2 s after the first"), "{actual}");
    let told = format!("{came:?}");
    assert!(!texts.iter().any(|text| told.contains(text)), "{told}");
}

#[test]
fn a_sample_is_validated_and_all_are_compared() {
    let of = |validated: Validated| {
        came(move |signer| against(signer, validated), |d| d.access["jti"] = json!("jti-alice-1"))
    };
    for (validated, wanted) in
        [(Validated::All, 8), (Validated::OneOf(2), 4), (Validated::OneOf(4), 2), (Validated::None, 0)]
    {
        let came = of(validated);
        assert_eq!((came.seen, came.validated), (12, wanted), "{validated:?}");
        assert_eq!(broken(&came), ["jti-of-one"], "{validated:?}");
        let is_told = came.found.iter().any(|found| found.case == "across/access-token-iss");
        assert_eq!(is_told, wanted > 0, "{validated:?}");
    }
}

#[test]
fn an_access_token_that_does_not_follow_rfc_9068_is_the_servers_own_affair() {
    let ruin = |d: &mut Draft| {
        d.access_header["typ"] = json!("JWT");
        (d.access["iss"], d.access["aud"], d.access["exp"]) = (json!("me"), Value::Null, json!(1));
    };
    assert_eq!(broken(&came(all, ruin)), [""; 0]);
    let offered = |signer: &Signer| Against { rfc9068: true, ..all(signer) };
    let wanted = ["access-token-aud", "access-token-exp", "access-token-iss", "access-token-lifetime"];
    assert_eq!(broken(&came(offered, ruin)), wanted, "its target file says that it does");
    // A key of the server's key set is for all who read that.
    let forged = |d: &mut Draft| (d.access_header["typ"], d.access_header["alg"]) = (json!("JWT"), json!("ES256"));
    assert_eq!(broken(&came(all, forged)), ["access-token-signature"]);
    let own = |d: &mut Draft| (d.access_header["typ"], d.access_header["kid"]) = (json!("JWT"), json!("own"));
    let came = came(all, own);
    assert_eq!((broken(&came).len(), came.validated), (0, 7));
}

#[test]
fn a_signature_that_nobody_can_try_is_left_open() {
    let keyless = |signer: &Signer| Against {
        keys: Arc::new(Keys::new(Err("no key set".to_owned()), crate::seal::Known::default())),
        ..all(signer)
    };
    let came = came(keyless, |_| {});
    for truth in ["access-token-signature", "id-token-signature"] {
        let detail = "no key set (4 of 4 tokens)".to_owned();
        assert_eq!(found(&came, truth).finding, Finding::Unjudged { because: Because::Harness, detail });
    }
    assert_eq!((came.validated, broken(&came).len()), (0, 0));
}

#[test]
fn the_target_file_may_tell_a_users_sub() {
    let told = |signer: &Signer| Against { subjects: vec![("alice".to_owned(), "other".to_owned())], ..all(signer) };
    assert_eq!(broken(&came(told, |_| {})), ["access-token-sub", "id-token-sub"]);
}

#[tokio::test]
async fn what_is_handed_over_is_looked_at_by_a_thread_until_the_end() {
    let signer = Signer::new();
    let against = Arc::new(all(&signer));
    let (tokens, handed) = Tokens::queue(&against, 4);
    let thread = thread::spawn(move || attend(Signatures::new(against), handed));
    for number in 0..20 {
        tokens.hand(Draft::good("alice", number).issued(&signer)).await;
    }
    tokens.hand(Issued::default()).await;
    let other = tokens.clone();
    let came = tokens.finish().await;
    assert_eq!((came.seen, came.validated, broken(&came).len()), (60, 40, 0));
    thread.join().expect("it ends though another handle is left");
    other.hand(Draft::good("alice", 21).issued(&signer)).await;
}

#[tokio::test]
async fn where_the_queue_is_full_the_walk_waits() {
    let signer = Signer::new();
    let (tokens, mut handed) = Tokens::queue(&Arc::new(all(&signer)), 2);
    let issued = || Draft::good("alice", 1).issued(&signer);
    assert_eq!(tokens.waiting(), 0);
    for _ in 0..3 * BATCH - 1 {
        tokens.hand(issued()).await;
        // What nobody signed is looked at without waiting.
        tokens.hand(Issued::default()).await;
    }
    assert_eq!(tokens.waiting(), 2 * BATCH);
    let mut third = Box::pin(tokens.hand(issued()));
    tokio::select! {
        biased;
        () = &mut third => panic!("there is no room"),
        () = std::future::ready(()) => {}
    }
    assert!(handed.recv().await.is_some());
    third.await;
    assert_eq!(tokens.waiting(), 2 * BATCH);
}

/// Two users log in, the first of them twice, and he refreshes for less.
const PROBE: &str = "\
- id: probe
  title: Two users log in, and one of them refreshes
  steps:
    - { name: login, send: { like: good-login-openid } }
    - { name: again, send: { like: good-login-openid }, keep: { refresh_token: refresh_token } }
    - { name: another, send: { like: good-login-openid, user: second } }
    - { name: refresh, send: { like: good-refresh, change: { set: { scope: \"${scopes.one}\" } } } }
";

/// The user and the scope of each step.
const ASKED: [(&str, &str); 4] =
    [("alice", "openid read"), ("alice", "openid read"), ("bob", "openid read"), ("alice", "read")];

/// The fault · the truths that it breaks. Each truth is broken by one.
const BROKEN_BY: [(&str, &[&str]); 19] = [
    ("access-token-shared-by-users", &["access-token-of-one"]),
    ("audience-missing", &["access-token-aud"]),
    ("exp-missing", &["access-token-exp"]),
    ("expires-in-milliseconds", &["access-token-lifetime"]),
    ("iat-in-the-future", &["access-token-iat"]),
    ("id-token-aud-wrong", &["id-token-aud"]),
    ("id-token-expired", &["id-token-exp"]),
    ("id-token-iat-missing", &["id-token-iat"]),
    ("id-token-iss-differs", &["id-token-iss"]),
    ("id-token-signature-wrong", &["id-token-signature"]),
    ("id-token-sub-differs-at-times", &["id-token-sub"]),
    ("iss-differs", &["access-token-iss"]),
    ("jti-repeated", &["jti-of-one"]),
    ("refresh-ignores-narrowing", &["access-token-scope"]),
    ("refresh-token-shared-by-users", &["refresh-token-of-one"]),
    ("signature-wrong", &["access-token-signature"]),
    ("sub-differs-after-refresh", &["access-token-sub"]),
    ("sub-shared-by-users", &["sub-of-one"]),
    ("strict", &[]),
];

#[tokio::test]
async fn each_truth_is_broken_by_a_fault_of_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("mine.yaml"), PROBE).expect("a scenario");
    let library = Arc::new(Library::load(Some(folder.path())).expect("it can be read"));
    let mut caught: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, truths) in BROKEN_BY {
        let fault = FAULTS.iter().find(|fault| fault.id == id);
        assert_eq!(fault.is_none(), truths.is_empty(), "{id}");
        let policy = fault.map_or_else(Policy::strict, Fault::policy);
        let case = ["mine/probe".to_owned()];
        let session = Session::open(Subject::Embedded(Box::new(policy)), Arc::clone(&library), &case, 1).await;
        let session = session.unwrap_or_else(|why| panic!("{id}: {why}"));
        let (plan, ground) = session.plan(&case[0]).unwrap_or_else(|why| panic!("{id}: {why:?}"));
        let mut walked = walk(&plan, &Drawn::none(), Start::Now, &ground).await;
        let mut look = All::new(Against::of(&session, &case, Validated::All));
        for (position, tokens) in witness(&plan, &mut walked, session.keys()) {
            let exchange = &mut walked.exchanges[position];
            let Sent::Step(step) = exchange.sent else { continue };
            let (user, scope) = ASKED[step];
            let answer = exchange.heard.as_mut().expect("an answer");
            let told = |name: &str| answer.members().ok()?.raw(name)?.parse().ok();
            let scope = answer.members().ok().and_then(|members| members.text("scope")).unwrap_or(scope.to_owned());
            look.look([Issued {
                position,
                user: Some(user.into()),
                client: "demo-basic".into(),
                expires_in: told("expires_in"),
                scope: Some(scope),
                heard_at: answer.heard_at,
                tokens: std::mem::take(&mut answer.tokens).into_iter().zip(tokens).collect(),
                ..Issued::default()
            }]);
        }
        let came = look.came();
        assert!(came.seen >= 9, "{id}: {came:?}");
        assert_eq!(broken(&came), truths, "{id}: {came:?}");
        for truth in truths {
            let requirement = fault.map_or("", |fault| fault.breaks);
            assert_eq!(found(&came, truth).requirement, requirement, "{id}");
            caught.insert(truth, id);
        }
    }
    let missed: Vec<_> =
        TRUTHS.iter().filter(|truth| !caught.contains_key(truth.name)).map(|truth| truth.name).collect();
    assert!(missed.is_empty(), "no fault breaks {missed:?}");
}
