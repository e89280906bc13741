//! What fails no run: what a waiver bears, until it stops bearing it, and what only a second opinion asks for.
//!
//! In the table of slips a `«` stands before the place that a complaint must point at.

#[path = "support/run.rs"]
mod run;

use std::fs;
use std::path::{Path, PathBuf};

use ropcheck::library::Library;
use tempfile::TempDir;

use crate::run::{Ran, ropcheck};

const SECTION: &str = "rfc6749/4.3/*";
/// It shows in every granted answer, and so in the lint of that sentence.
const FAULT: &str = "cache-control-missing-on-success";
const REQUIREMENT: &str = "rfc6749/5.1/no-store";
const FAR: &str = "9999-12-31";

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn entry(case: &str, requirement: &str, expires: &str) -> String {
    format!(
        "- case: {case}\n  requirement: {requirement}\n  reason: the proxy strips it\n  owner: login team\n  expires: {expires}\n"
    )
}

fn file(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("waivers.yaml");
    fs::write(&path, text).expect("a waiver file");
    path
}

fn check(waivers: &Path, more: &[&str]) -> Ran {
    let path = shown(waivers);
    let args = ["check", "--only", SECTION, "--waivers", path.as_str()];
    ropcheck(args.iter().chain(more).copied())
}

/// The waivers that `--emit-waivers` proposes for the fault, filled in.
fn filled_in() -> String {
    let proposed = ropcheck(["check", "--only", SECTION, "--fault", FAULT, "--emit-waivers"]).exits(1);
    assert_eq!(proposed.stderr, "");
    proposed.stdout.replace("reason: TODO", "reason: the proxy strips it").replace("owner: TODO", "owner: login team")
}

#[test]
fn what_is_proposed_is_borne_once_it_is_filled_in_and_a_record_tells_it_again() {
    let folder = folder();
    let waivers = file(&folder, &filled_in());
    let path = |name: &str| shown(&folder.path().join(name));
    let (record, text) = (path("run.ndjson"), format!("text={}", path("first.txt")));
    let ran = check(&waivers, &["--fault", FAULT, "--strict", "--record", &record, "--report", &text]).exits(0);
    let ran = ran.says(&["WAIVED lint/no-store", "by login team: the proxy strips it", " 0 failed, 0 not judged, "]);
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(last.contains(" waived"), "{last}");

    ropcheck(["report", &record, "--as", &format!("text={}", path("again.txt"))]).exits(0);
    let read = |name: &str| fs::read_to_string(path(name)).expect("it was written");
    assert_eq!(read("again.txt"), read("first.txt"));

    ropcheck(["check", "--only", SECTION, "--fault", FAULT]).exits(1).says(&["FAILED lint/no-store"]);
}

#[test]
fn a_waiver_file_that_is_not_filled_in_is_refused() {
    let folder = folder();
    let proposed = ropcheck(["check", "--only", SECTION, "--fault", FAULT, "--emit-waivers"]).exits(1).stdout;
    assert!(proposed.contains("\n- case: lint/no-store\n  requirement: rfc6749/5.1/no-store\n"), "{proposed}");
    let ran = check(&file(&folder, &proposed), &["--fault", FAULT]).exits(2);
    ran.says(&["a waiver needs a reason", "waivers.yaml:"]);
}

#[test]
fn nothing_to_waive_is_a_file_that_can_be_read() {
    let folder = folder();
    let proposed = ropcheck(["check", "--only", SECTION, "--emit-waivers"]).exits(0).stdout;
    check(&file(&folder, &proposed), &[]).exits(0);
}

#[test]
fn an_expired_waiver_fails_the_run_by_name_and_line() {
    let folder = folder();
    let waivers = file(&folder, &format!("# known\n{}", entry("lint/no-store", REQUIREMENT, "2020-02-29")));
    let words = ["WAIVER EXPIRED lint/no-store", "waivers.yaml:2: it held until 2020-02-29"];
    check(&waivers, &["--fault", FAULT]).exits(1).says(&words).says(&["FAILED lint/no-store"]);
    check(&waivers, &[]).exits(1).says(&words);
}

#[test]
fn a_waiver_that_is_no_longer_needed_fails_the_run_by_name_and_line() {
    let folder = folder();
    let (case, requirement) = line_of(SECTION);
    let waivers = file(&folder, &entry(&case, &requirement, FAR));
    let named = format!("WAIVER NO LONGER NEEDED {case} {requirement}");
    check(&waivers, &[]).exits(1).says(&[&named, "waivers.yaml:1: the case ran and this promise was kept"]);
}

#[test]
fn a_waiver_whose_case_was_not_run_is_kept() {
    let folder = folder();
    let (case, requirement) = line_of("rfc6749/5.2/*");
    // The lint did see answers, though not all of them.
    let both = entry(&case, &requirement, FAR) + &entry("lint/no-store", REQUIREMENT, FAR);
    check(&file(&folder, &both), &[]).exits(0);
    ropcheck(["check", "--waivers", &shown(&file(&folder, &entry("lint/no-store", REQUIREMENT, FAR)))])
        .exits(1)
        .says(&["WAIVER NO LONGER NEEDED lint/no-store"]);
}

const LOAD: &str = r"
- id: logins
  title: Two users log in
  load: { users: 2 for 300ms }
  steps:
    - name: login
      send: { like: good-login }
      expect: { rfc6749/4.3.3/granted: [granted] }
";

#[test]
fn a_load_run_bears_what_is_waived_and_what_it_does_not_show_outdates_nothing() {
    let folder = folder();
    fs::write(folder.path().join("small.yaml"), LOAD).expect("a scenario file");
    let scenarios = shown(folder.path());
    let load = |more: &[&str]| {
        let args = ["load", "small/logins", "--scenarios", scenarios.as_str()];
        ropcheck(args.iter().chain(more).copied())
    };
    let sub_of_one = ("across/sub-of-one", "rfc7519/4.1.2/sub-unique");
    load(&["--fault", FAULT])
        .exits(1)
        .says(&["FAILED lint/no-store", "with the fault cache-control-missing-on-success"]);
    let all = entry("lint/no-store", REQUIREMENT, FAR)
        + &entry(sub_of_one.0, sub_of_one.1, FAR)
        + &entry("load/steady/logins", "rfc6749/4.3.3/granted", FAR);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let waivers = shown(&file(&elsewhere, &all));
    load(&["--fault", FAULT, "--waivers", &waivers]).exits(0).says(&["WAIVED lint/no-store"]);
    load(&["--fault", "sub-shared-by-users", "--waivers", &waivers]).exits(0).says(&["WAIVED across/sub-of-one"]);
    load(&["--waivers", &waivers]).exits(0);
    check(Path::new(&waivers), &["--fault", FAULT]).exits(0);
    let expired = shown(&file(&elsewhere, &entry(sub_of_one.0, sub_of_one.1, "2020-02-29")));
    load(&["--waivers", &expired]).exits(1).says(&["WAIVER EXPIRED across/sub-of-one"]);
}

/// What is wrong · an entry · words of the complaint.
const SLIPS: &[(&str, &str, &[&str])] = &[
    (
        "an unknown case",
        "{ case: «lint/no-stor, requirement: rfc6749/5.1/no-store, reason: r, owner: o, expires: 2030-01-01 }",
        &["no case is named `lint/no-stor`", "did you mean `lint/no-store`?"],
    ),
    (
        "another truth's requirement",
        "{ case: across/jti-of-one, requirement: «rfc7519/4.1.2/sub-unique, reason: r, owner: o, expires: 2030-01-01 }",
        &["`across/jti-of-one` does not ask for `rfc7519/4.1.2/sub-unique`"],
    ),
    (
        "an unknown requirement",
        "{ case: lint/no-store, requirement: «rfc6749/5.1/no-stor, reason: r, owner: o, expires: 2030-01-01 }",
        &["no requirement is named", "did you mean `rfc6749/5.1/no-store`?"],
    ),
    (
        "another case's requirement",
        "{ case: lint/no-store, requirement: «rfc6749/5.1/pragma, reason: r, owner: o, expires: 2030-01-01 }",
        &["`lint/no-store` does not ask for `rfc6749/5.1/pragma`", "did you mean `rfc6749/5.1/no-store`?"],
    ),
    (
        "a warning",
        "{ case: lint/expires-in, requirement: «rfc6749/5.1/expires-in, reason: r, owner: o, expires: 2030-01-01 }",
        &["is a SHOULD", "nothing to waive"],
    ),
    (
        "a placeholder for a reason",
        "{ case: lint/no-store, requirement: rfc6749/5.1/no-store, reason: «'todo: ask', owner: o, expires: 2030-01-01 }",
        &["a waiver needs a reason"],
    ),
    (
        "an empty owner",
        "{ case: lint/no-store, requirement: rfc6749/5.1/no-store, reason: r, owner: «' ', expires: 2030-01-01 }",
        &["a waiver needs an owner"],
    ),
    (
        "a day that is none",
        "{ case: lint/no-store, requirement: rfc6749/5.1/no-store, reason: r, owner: o, expires: «2030-02-30 }",
        &["`2030-02-30`", "YYYY-MM-DD"],
    ),
    (
        "an unknown key",
        "{ case: lint/no-store, requirement: rfc6749/5.1/no-store, «reasn: r, owner: o, expires: 2030-01-01 }",
        &["unknown field `reasn`", "did you mean `reason`?"],
    ),
    (
        "a key that is missing",
        "{ case: lint/no-store, requirement: rfc6749/5.1/no-store, reason: r, «expires: 2030-01-01 }",
        &["missing field `owner`"],
    ),
];

#[test]
fn what_is_wrong_with_an_entry_is_shown_in_its_place_before_the_first_request() {
    let folder = folder();
    for (what, slip, words) in SLIPS {
        let text = format!("- {slip}\n");
        let column = 1 + text.find('«').map_or(0, |at| text[..at].chars().count());
        let path = file(&folder, &text.replace('«', ""));
        let ran = check(&path, &[]).exits(2).says(words).says(&[&format!("waivers.yaml:1:{column}")]);
        assert_eq!(ran.stdout, "", "{what}: what is wrong is told on stderr");
    }
    let twice = entry("lint/no-store", REQUIREMENT, FAR).repeat(2);
    check(&file(&folder, &twice), &[]).exits(2).says(&["waivers.yaml:6:9", "stand at line 1 already"]);
    check(&folder.path().join("none.yaml"), &[]).exits(2).says(&["could not read the waivers", "none.yaml"]);
}

const ADVICE: &str = "- { id: rfc9700/0/own, section: '0', level: must-not, says: The grant is not used., why: It is outdated.,\n\
                      \u{20}   beside: rfc6749/5.1/access-token }\n";
const ADVISED: &str = "- id: own\n  title: The grant is not granted\n  steps:\n    - send: { like: good-login }\n      \
                       expect: { rfc9700/0/own: [ { refused: unsupported_grant_type } ] }\n";

#[test]
fn a_second_opinion_fails_nothing_stands_beside_what_binds_and_is_not_waived() {
    let folder = folder();
    for (path, text) in [("requirements/rfc9700.yaml", ADVICE), ("rfc9700/0-own.yaml", ADVISED)] {
        let path = folder.path().join("scenarios").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let scenarios = shown(&folder.path().join("scenarios"));
    let own = ["check", "--only", "rfc9700/0/own", "--strict", "--scenarios", scenarios.as_str()];
    let ran = ropcheck(own).exits(0).says(&[
        "not followed: MUST NOT of RFC 9700",
        "case: rfc9700/0/own",
        "rfc6749/5.1/access-token",
    ]);
    let last = ran.stdout.lines().last().unwrap_or_default();
    // The lints of today's advice are counted with it.
    assert!(last.contains(" 1 advised (second opinion: "), "{last}");
    assert!(!ran.stdout.contains("FAILED") && !ran.stdout.contains("WARNED"));

    let waivers = shown(&file(&folder, &entry("rfc9700/0/own", "rfc9700/0/own", FAR)));
    ropcheck(own.into_iter().chain(["--waivers", &waivers]))
        .exits(2)
        .says(&["`rfc9700/0/own` is a MUST NOT of RFC 9700", "nothing to waive"]);
}

/// A case of these that asks for a MUST, with that requirement.
fn line_of(glob: &str) -> (String, String) {
    let library = Library::load(None).expect("the project's own scenarios");
    let prefix = glob.trim_end_matches('*');
    let cases = library.scenarios.iter().filter(|(id, _)| id.starts_with(prefix));
    let asked = cases.flat_map(|(id, scenario)| {
        let expected = scenario.wrote.steps.iter().flat_map(|step| &step.value.expect.0);
        expected.map(move |(requirement, _)| (id.clone(), requirement.value.clone()))
    });
    let is_must = |requirement: &str| {
        use ropcheck_reports::record::Level;
        library.catalogue.get(requirement).is_some_and(|known| known.sentence.level == Level::Must)
    };
    let mut musts = asked.filter(|(_, requirement)| is_must(requirement));
    musts.next().expect("a case that asks for a MUST")
}
