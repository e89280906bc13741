//! What ropcheck tells of itself: coverage, the matrix of faults and variants, and each of them in words.

#[path = "support/run.rs"]
mod run;

use std::fs;

use ropcheck_reference_server::FAULTS;
use serde_json::Value;

use crate::run::ropcheck;

fn last_line(text: &str) -> &str {
    text.lines().last().expect("a last line")
}

/// A folder with a catalogue of its own: one sentence that nothing tests.
fn untested() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("requirements")).expect("a folder in it");
    let sentence = "- { id: house/1/tea, section: \"1\", level: must, says: Tea is served., why: Guests like it. }\n\
         - { id: house/1/milk, section: \"1\", level: may, says: Milk may be served., why: Some like it., untestable: it may not }\n";
    fs::write(folder.path().join("requirements/house.yaml"), sentence).expect("a catalogue");
    folder
}

#[test]
fn coverage_counts_by_document_and_level_and_lists_what_is_asked() {
    let folder = untested();
    let scenarios = folder.path().display().to_string();
    let ran =
        ropcheck(["coverage", "--scenarios", &scenarios]).exits(0).says(&["house 2 0 1 1 MUST 1 0 0 1 MAY 1 0 1 0"]);
    assert!(!ran.stdout.contains("house/1/tea"), "ids are listed where they are asked for");
    let last = last_line(&ran.stdout);
    assert!(last.starts_with("coverage: ") && last.ends_with(" untested"), "{last}");
    ropcheck(["coverage", "--scenarios", &scenarios, "--untested"]).exits(0).says(&["MUST house/1/tea"]);
    ropcheck(["coverage", "--scenarios", &scenarios, "--reasons"]).exits(0).says(&["house/1/milk it may not"]);
    ropcheck(["coverage", "--scenarios", &scenarios, "--strict"]).exits(1);
}

#[test]
fn faults_prints_the_matrix_of_those_that_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("score.json");
    let shown = json.display().to_string();
    let ran = ropcheck(["faults", "--only", "405-without-*", "--json", &shown])
        .exits(0)
        .says(&["405-without-allow breaks rfc9110/15.5.6/allow, caught by ", "Caught by one case alone"]);
    assert_eq!(last_line(&ran.stdout), "faults: 1/1 caught, variants: 0/0 clean, idle cases: not counted");
    assert_eq!(ran.stderr, "", "no progress where no terminal shows it");
    let score: Value = serde_json::from_str(&fs::read_to_string(json).expect("the score")).expect("it is JSON");
    let fault = &score["faults"]["405-without-allow"];
    assert_eq!(fault["breaks"], "rfc9110/15.5.6/allow");
    for case in fault["caught_by"].as_array().expect("a list") {
        let catches = &score["cases"][case.as_str().expect("an id")]["catches"];
        assert_eq!(*catches, serde_json::json!(["405-without-allow"]), "{case}");
    }

    let ran = ropcheck(["faults", "--only", "extra-members"]).exits(0).says(&["extra-members permitted by rfc6749/"]);
    assert_eq!(last_line(&ran.stdout), "faults: 0/0 caught, variants: 1/1 clean, idle cases: not counted");
    let id = FAULTS[0].id;
    ropcheck(["faults", "--only", &id[1..]]).exits(2).says(&["no fault and no variant matches", id]);
    for (id, scenario) in
        [("busy-answer-cacheable", "load/steady/sessions"), ("simultaneous-refresh-twins", "load/race/refresh")]
    {
        let remedy = format!("`ropcheck load {scenario} --fault {id}`");
        let told = format!("no single answer shows `{id}`: try {remedy}");
        ropcheck(["faults", "--only", id]).exits(2).says(&[&told]);
        ropcheck(["check", "--fault", id]).exits(2).says(&[&told]);
    }
    ropcheck(["load", "load/steady/sessions", "--fault", "busy-answer-cachable"])
        .exits(2)
        .says(&["no fault is named `busy-answer-cachable`; did you mean `busy-answer-cacheable`?"]);
    ropcheck(["faults", "--only", id, "--json", "/no/such/folder/x.json"]).exits(2).says(&["could not write"]);
}

#[test]
fn explain_puts_each_kind_of_thing_in_words() {
    for (id, words) in [
        (
            "rfc6749/5.2/invalid-grant",
            &[
                "Why:",
                "Probed by rfc6749/5.2/wrong-password: A wrong password is refused with invalid_grant \
                 allows no access token, and error invalid_grant",
                "allows one of - no access token, and error invalid_grant (rfc6749/5.2/invalid-grant) - ",
                "Broken by the seeded fault unknown-refresh-token-called-invalid-request:",
            ][..],
        ),
        ("rfc6749/5.1/no-store", &["Probed on every answer by lint/no-store", "Broken by the seeded fault"]),
        ("rfc6749/6/rotation", &["Permits in rfc6749/6/used-token: status 200", "Permits the variant no-rotation:"]),
        ("rfc6749/5.1/expires-in", &["Departed from by the variant expires-in-omitted:"]),
        ("rfc8259/11/charset-harmless", &["Not testable from outside:"]),
        (
            "rfc6749/5.2/wrong-password",
            &[
                "sends good-login, but - password is the right one but for a character in its middle",
                "The base good-login: A user logs in",
                "is its control, and has to be granted",
                "expected under rfc6749/5.2/status-400 status 400",
                "Seeded faults that it catches",
                "- wrong-password-crashes:",
            ],
        ),
        ("properties/password-grant/any-wrong-password", &["Draws password: 1 to 40 of the characters of all scripts"]),
        (
            "lint/no-store",
            &["holds answers against rfc6749/5.1/no-store (MUST)", "- cache-control-missing-on-success:"],
        ),
        (
            "password-trimmed",
            &[
                "a seeded fault",
                "It breaks rfc6749/4.3.2/validate-credentials (MUST)",
                "- rfc6749/5.2/wrong-password: A wrong",
            ],
        ),
        (
            "expires-in-omitted",
            &[
                "a legal variant",
                "It is permitted by rfc6749/5.1/",
                "rightly warned of, rfc6749/5.1/expires-in (SHOULD)",
            ],
        ),
        (
            "across/jti-of-one",
            &[
                "It looks at: each access_token and id_token that was issued",
                "It holds them against rfc7519/4.1.7/jti-unique (MUST)",
                "- jti-counter-wraps:",
            ],
        ),
        (
            "across/race-one-wins",
            &[
                "It looks at: each round of a race",
                "It holds them against rfc6749/6/granted (MUST)",
                "- simultaneous-refresh-none-wins:",
            ],
        ),
        ("rfc7519/4.1.7/jti-unique", &["Probed under load by across/jti-of-one"]),
        (
            "busy-answer-cacheable",
            &[
                "It breaks practice/http/no-store-on-errors (practice)",
                "- lint/error-no-store",
                "No single answer shows it.",
                "See it with: ropcheck load load/steady/sessions --fault busy-answer-cacheable",
            ],
        ),
        ("simultaneous-refresh-*", &["Seeded faults", "simultaneous-refresh-twins: Several refreshes"]),
        ("*/sub-of-one", &["Truths across the answers of a load run", "across/sub-of-one: "]),
    ] {
        let ran = ropcheck(["explain", id]).exits(0).says(words);
        assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{id}: it is wider than a terminal");
    }
    ropcheck(["explain", "lint/no-stor"]).exits(2).says(&["did you mean `lint/no-store`?"]);
}
