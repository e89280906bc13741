//! What the words of the scenario language come to: language.yaml has the cases, this table has every promise that the strict
//! server breaks there or that can't be judged. All the others are met.

use std::collections::BTreeSet;
use std::fs;
use std::future::IntoFuture;
use std::path::Path;
use std::sync::Arc;

use ropcheck::complaint::Source;
use ropcheck::embedded::demo_target;
use ropcheck::library::Library;
use ropcheck::plan::{Offers, Plan, Skip, plan};
use ropcheck::session::Subject;
use ropcheck::suite::Suite;
use ropcheck::target::{self, Target};
use ropcheck_reference_server::{Config, HashCost, Policy, app};
use ropcheck_reports::record::{Because, Event, Finding, Found, Origin, Share};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The case · the sentence · what was expected, or why it can't be judged · the exchanges that show it.
#[rustfmt::skip]
const NOT_MET: &[(&str, &str, &str, &str)] = &[
    ("alone",         "rfc6749/4.3.3/granted",          "no other answer of this walk carries a `access_token`",                     "#1"),
    ("answers",       "practice/enumeration/same-answer", "`error` \"invalid_grant\", `error_description` \"the user name or the password is wrong\" as in wrong", "#4"),
    ("answers",       "practice/enumeration/same-answer", "status 400 as in wrong",                                                  "#5"),
    ("challenges",    "rfc6750/3.1/invalid-token",        "a challenge for Bearer with error invalid_token",                            "#4"),
    ("challenges",    "rfc6750/3.1/no-error-without-token", "a challenge for Bearer without error",                                       "#5"),
    ("challenges",    "rfc6750/3/error-on-failure",       "a challenge for Bearer with scope",                                          "#5"),
    ("challenges",    "rfc6750/3/scheme-bearer",          "a challenge for Basic",                                                      "#4"),
    ("claims",        "rfc9068/2.2/aud",                "aud of the access_token is another than in first",                          "#2"),
    ("claims",        "rfc9068/2.2/client-id",          "the access_token of this answer has no act",                                "#2"),
    ("claims",        "rfc9068/2.2/exp",                "no exp in the claims of the access_token",                                  "#2"),
    ("claims",        "rfc9068/2.2/iat",                "iat is \"user-alice\" as sub of the id_token",                              "#2"),
    ("claims",        "rfc9068/2.2/iss",                "iss is not \"ISSUER\"",                                                     "#2"),
    ("distinct",      "rfc6749/5.1/token-type",         "another `token_type` than in each of 5 other answers",                      "#1 #2 #3"),
    ("distinct",      "rfc6749/6/granted",              "room for 1280 bits of entropy in the refresh_token",                        "#6"),
    ("distinct",      "rfc9068/2.2/iss",                "another iss of the access_token than in each of 5 other answers",           "#1 #2 #3"),
    ("earlier",       "rfc6749/5.2/invalid-grant",        "status 200 and an access token in wrong",                                    "#6"),
    ("introspection", "rfc7662/2.2/active",             "status 200 and `active` true",                                              "#5"),
    ("lists",         "oidc-discovery/3/jwks-uri",        "`grant_types_supported` is a list of texts that match ^p",                   "#2"),
    ("lists",         "oidc-discovery/3/rs256",           "`subject_types_supported` holds \"pairwise\"",                               "#2"),
    ("lists",         "oidc-discovery/3/token-endpoint",  "`response_types_supported` is a list of texts that match .",                 "#2"),
    ("lists",         "oidc-discovery/3/userinfo-endpoint", "`subject_types_supported` without \"public\"",                               "#2"),
    ("lists",         "oidc-discovery/4.2/json-200",      "`subject_types_supported` is \"user-alice\", as sub in the claims of the id_token of login", "#2"),
    ("lists",         "oidc-discovery/4.2/json-200",      "the id_token of login has no act",                                           "#2"),
    ("members",       "rfc6749/5.1/status-200",         "`token_type` is not \"Bearer\"",                                            "#1"),
    ("members",       "rfc6749/5.2/json-body",          "`token_type` is Bearer",                                                    "#1"),
    ("revocation",    "rfc7009/2.2/status-200",         "status 200",                                                                "#4"),
    ("scopes",        "rfc6749/5.1/status-200",         "nothing of \"ropcheck-unknown-scope read\" is granted",                     "#1"),
    ("throttling",    "rfc6749/5.2/invalid-grant",      "status 401",                                                                "#2 #3 #4"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_word_is_judged_as_it_says() {
    let (_folder, library) = library();
    let suite = Suite::of(library).only("language/*").expect("there are cases");
    let run =
        suite.run(Subject::Embedded(Box::new(Policy::strict()))).await.expect("the embedded server can be judged");
    let found: Vec<&Found> = run.cases.iter().flat_map(|case| &case.judged).map(|judged| &judged.found).collect();
    let told: BTreeSet<[String; 4]> = found.iter().filter_map(|found| not_met(found)).collect();
    let expected = NOT_MET
        .iter()
        .map(|(case, requirement, what, shown)| [case, requirement, what, shown].map(|text| (*text).to_owned()));
    assert_eq!(told, expected.collect());

    let cases: BTreeSet<&str> =
        found.iter().filter(|one| one.origin == Origin::Line).map(|one| one.case.as_str()).collect();
    assert_eq!(cases.len(), suite.cases().len(), "no case was skipped: {cases:?}");
    let shares = |case: &str| {
        found
            .iter()
            .filter(|one| one.case == case)
            .filter_map(|one| one.share)
            .map(|share| (share.broken, share.of))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(shares("language/throttling"), [(0, 20), (20, 20)].into(), "each of the answers was looked at");
    assert_eq!(shares("language/distinct"), [(0, 5), (5, 5)].into());
}

/// A finding as a line of the table, where it is not met.
fn not_met(found: &Found) -> Option<[String; 4]> {
    let what = match &found.finding {
        Finding::Met => return None,
        Finding::Broken { expected, .. } => expected.clone(),
        Finding::Unjudged { detail, .. } => detail.clone(),
    };
    let what = if what.contains("http://") { "iss is not \"ISSUER\"".to_owned() } else { what };
    let case = found.case.trim_start_matches("language/").to_owned();
    let shown: Vec<&str> = found.evidence.iter().filter_map(|id| Some(&id[id.find('#')?..])).collect();
    Some([case, found.requirement.clone(), what, shown.join(" ")])
}

/// Two failed logins at a time are what an account bears: a good login in between, or nothing is sent at all where none may
/// come in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_login_spends_no_more_than_the_budget() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("a port"));
    let server = app(Config { hash_cost: HashCost::LOWEST, ..Config::demo(&base) }, Policy::strict());
    tokio::spawn(axum::serve(listener, server.expect("the demo can be served")).into_future());
    let folder = tempfile::tempdir().expect("a folder");
    let cases = [("five", "5"), ("until-throttled", "until_throttled")].map(|(id, times)| {
        let send = "{ like: good-login, change: { set: { password: { damaged: flip } } } }";
        let expect = "{ rfc6749/4.3.2/validate-credentials: [not_granted] }";
        format!("- id: {id}\n  title: T\n  steps: [{{ times: {times}, send: {send}, expect: {expect} }}]\n")
    });
    fs::write(folder.path().join("budget.yaml"), cases.concat()).expect("a scenario file");
    let library = Arc::new(Library::load(Some(folder.path())).unwrap_or_else(|complaint| panic!("{complaint}")));
    // No user may be locked out: a case about many failed logins has nobody to spend them on.
    let text: String =
        demo_target(&base).lines().filter(|line| !line.contains("decoy-1")).map(|line| format!("{line}\n")).collect();
    let text = format!("{text}throttled_after: 3\n");
    let source = Source { file: "target.yaml".to_owned(), text, private: true };
    let target = target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"));
    assert_eq!(target.limits().failed_logins, 2);

    let suite = Suite::of(library).only("budget/*").expect("there are cases");
    let session = Arc::new(suite.open(Subject::Target(Box::new(target))).await.expect("the demo can be judged"));
    let mut steps = Vec::new();
    let mut findings = Vec::new();
    suite
        .walk(&session, std::future::pending(), &mut |event| match event {
            Event::Exchange(one) if one.case.starts_with("budget/") => steps.push((one.case, one.step)),
            Event::Found(one) if one.origin == Origin::Line => findings.push((one.case, one.finding, one.share)),
            _ => {}
        })
        .await;
    let (five, control) = ("budget/five", "good-login as basic for alice");
    let sent = [control, "1", "1", control, "1", "1", control, "1"].map(|step| (five.to_owned(), step.to_owned()));
    let [(_, met, share), (_, left_open, _)] = findings.as_slice() else { panic!("two promises, not {findings:?}") };
    assert_eq!((met, share), (&Finding::Met, &Some(Share { broken: 0, of: 5, open: 0 })));
    assert!(matches!(left_open, Finding::Unjudged { because: Because::Budget, .. }), "{left_open:?}");
    let guesses = steps.iter().filter(|(case, step)| case == "budget/until-throttled" && step == "1");
    assert_eq!(guesses.count(), 0, "three in a row are one too many");
    assert_eq!(steps[..sent.len()], sent);
}

/// The step · the reason.
#[test]
fn what_a_target_does_not_tell_leaves_a_case_out_with_its_reason() {
    for (step, reason) in [
        (
            "times: until_throttled, send: { like: good-login }",
            "the target file tells no `throttled_after`, and nobody asked to `--observe-throttling`",
        ),
        ("send: { to: introspection }", "no introspection endpoint of the target is known"),
        ("send: { like: good-userinfo }", "no userinfo endpoint is known from the target file or the metadata"),
        ("send: { like: good-login, change: { at: neighbour } }", "no token endpoint of the neighbour is known"),
    ] {
        assert_eq!(planned(step, "").map(|_| ()), Err(Skip(reason.to_owned())), "{step}");
    }
}

/// Many failed logins in a row on another machine take a user that may be locked out, and the leave of whoever runs it.
#[test]
fn many_failed_logins_take_leave() {
    let told = "throttled_after: 7\nneighbour: { token_endpoint: https://as.example/next-door }\n";
    let many = |user: &str| {
        format!("times: until_throttled, send: {{ like: good-login, user: {user}, change: {{ at: neighbour }} }}")
    };
    for (user, allowed, remedy) in [
        ("known", 7, "user `alice` of another machine: give it a user with `sacrificial: true`"),
        ("decoy", 6, "user `decoy` of another machine: allow them by `--allow-failed-logins 7`"),
    ] {
        let skipped = planned_on(&many(user), &Target { allowed_failed_logins: allowed, ..target(told) });
        let reason = format!("it would spend 7 failed logins on {remedy}");
        assert_eq!(skipped.map(|_| ()), Err(Skip(reason)));
    }
    let plan = planned_on(&many("decoy"), &Target { allowed_failed_logins: 7, ..target(told) });
    let step = plan.expect("it has leave").steps.remove(0);
    assert_eq!((step.times, step.in_a_row, step.template.url.path()), (7, true, "/next-door"));
}

fn planned(step: &str, told: &str) -> Result<Plan, Skip> {
    planned_on(step, &target(told))
}

fn planned_on(step: &str, target: &Target) -> Result<Plan, Skip> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.yaml"), format!("- id: a\n  title: T\n  steps: [{{ {step} }}]\n")).expect("a file");
    let library = Library::load(Some(folder.path())).unwrap_or_else(|complaint| panic!("{complaint}"));
    plan("a/a", &library.scenarios["a/a"], &library, target, &Offers::new())
}

fn target(told: &str) -> Target {
    let text = format!(
        "token_endpoint: https://as.example/token\n{told}clients: {{ web: {{ id: web, secret: tulip }} }}\n\
         users:\n  alice: {{ username: alice, password: wonderland }}\n  decoy: {{ username: decoy, password: ducks, sacrificial: true }}\n"
    );
    let source = Source { file: "target.yaml".to_owned(), text, private: true };
    target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// The project's own library with language.yaml beside it.
fn library() -> (TempDir, Arc<Library>) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("language.yaml"), include_str!("language.yaml")).expect("a scenario file");
    let library = Library::load(Some(folder.path())).unwrap_or_else(|complaint| panic!("{complaint}"));
    (folder, Arc::new(library))
}
