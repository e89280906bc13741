//! What is wrong with a file that an author wrote is said with its place, its line and the nearest right name.
//!
//! In the tables a `«` stands before the place that a complaint must point at.

#[path = "bad_input/load.rs"]
mod load;
#[path = "support/run.rs"]
mod run;
#[path = "bad_input/scenario.rs"]
mod scenario;
#[path = "bad_input/step.rs"]
mod step;
#[path = "bad_input/target.rs"]
mod target;
#[path = "bad_input/wrong.rs"]
mod wrong;

use std::fs;

use crate::run::ropcheck;
use crate::wrong::wrong_file;

#[test]
fn a_base() {
    let base = "- base: twice\n  title: T\n  steps:\n    - «{ times: 2, send: { like: good-login } }\n";
    wrong_file("bases.yaml", "a base that is sent twice", base, &["say `times` in the case"]);
}

#[test]
fn a_requirement() {
    let entry =
        "- id: mine/1/a\n  section: \"1\"\n  level: must\n  says: S.\n  why: W.\n  beside: «rfc6749/5.1/status-20\n";
    let words = ["no requirement is named `rfc6749/5.1/status-20`", "did you mean `rfc6749/5.1/status-200`?"];
    wrong_file("requirements/mine.yaml", "a second opinion on nothing", entry, &words);
}

#[test]
fn a_file_that_is_not_there() {
    ropcheck(["check", "--scenarios", "no/such/folder"])
        .exits(2)
        .says(&["could not read the scenarios", "no/such/folder"]);
    let file = format!("{}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    ropcheck(["check", "--scenarios", &file]).exits(2).says(&["could not read the scenarios", "name the folder"]);
    for (args, words) in NOT_THERE {
        let ran = ropcheck(args.split(' ')).exits(2).says(words);
        assert!(ran.stdout.is_empty(), "nothing is told before: {}", ran.stdout);
    }
}

/// What was typed · what is told of it, with what to do.
const NOT_THERE: &[(&str, &[&str])] = &[
    ("check --target no-such.yaml", &["could not read the target file", "no-such.yaml", "`ropcheck schema target`"]),
    ("check --target tests/langage.yaml", &["could not read the target file", "did you mean `tests/language.yaml`?"]),
    ("load load/steady/logins --target no-such.yaml", &["`ropcheck serve --write-target no-such.yaml`"]),
    ("check --waivers no-such.yaml", &["could not read the waivers", "`ropcheck check --emit-waivers > no-such.yaml`"]),
    ("report no-such.ndjson --as text=/dev/null", &["could not open no-such.ndjson", "`ropcheck check --record FILE`"]),
    ("replay no-such.ndjson a/b", &["could not open no-such.ndjson", "`ropcheck check --record FILE`"]),
    ("serve --port 0 --config no-such.yaml", &["could not read no-such.yaml", "leave `--config` out"]),
    (
        "serve --port 0 --script no-such.yaml",
        &["could not read no-such.yaml", "`script: [{ from: 5s, for: 1s, do: stall }]`"],
    ),
    (
        "serve --port 0 --write-target no/such/demo.yaml",
        &["could not write no/such/demo.yaml", "make its folder first"],
    ),
    ("check --record no/such/folder.ndjson", &["could not write no/such/folder.ndjson", "make its folder first"]),
];

/// What was typed after a file `a.ndjson`, which is named once more.
#[test]
fn a_file_that_would_be_written_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.ndjson");
    fs::write(&file, "").expect("a file");
    let dotted = folder.path().join("./b.html");
    let (file, dotted) = (file.display().to_string(), dotted.display().to_string());
    let plain = folder.path().join("b.html").display().to_string();
    let load = ["load", "load/steady/logins"];
    for args in [
        [&load[..], &["--report", &format!("html={plain}"), "--report", &format!("text={dotted}")]].concat(),
        [&load[..], &["--report", &format!("html={file}"), "--record", &file]].concat(),
        [&load[..], &["--report", "html=-", "--report", "text=-"]].concat(),
        ["report", &file, "--as", &format!("text={file}")].to_vec(),
    ] {
        let ran = ropcheck(&args).exits(2).says(&["is named twice", "a file of its own"]);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    }
    assert!(fs::exists(&file).expect("a folder") && !fs::exists(&plain).expect("a folder"), "nothing is written");
}

#[test]
fn a_name_of_nothing() {
    for (args, words) in [
        ("check --fault expires-in-string", "did you mean `expires-in-as-string`?"),
        ("check --fault zzz", "no fault is named `zzz`: `ropcheck explain '*password*'` lists"),
        ("load load/steady/logins --variant zzz", "no variant is named `zzz`: `ropcheck explain '*password*'` lists"),
        ("load load/stedy/logins", "did you mean `load/steady/logins`?"),
        ("load zzz", "no scenario is named `zzz`: `ropcheck explain 'load/*'` lists"),
        ("load load/steady/logins --script stall.yaml", "`ropcheck serve --script FILE --write-target demo.yaml`"),
    ] {
        ropcheck(args.split(' ')).exits(2).says(&[words]);
    }
}

#[test]
fn bytes_that_are_no_text() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cases.yaml"), b"- id: \xff\n").expect("a file");
    let shown = folder.path().display().to_string();
    ropcheck(["check", "--scenarios", &shown]).exits(2).says(&["UTF-8", "cases.yaml"]);
}

#[test]
fn a_folder_without_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cases.yalm"), "- id: a\n").expect("a file");
    let shown = folder.path().display().to_string();
    ropcheck(["check", "--scenarios", &shown]).exits(2).says(&["no file in that folder ends in .yaml", &shown]);
}

/// Ids are made from the names of files and folders.
#[test]
fn a_file_whose_name_makes_no_id() {
    let case = "- id: a\n  title: T\n  steps: [{ send: { like: good-login } }]\n";
    for (name, words) in [
        ("my cases.yaml", ["`my cases` can't be part of an id", "letters, digits"]),
        ("lint.yaml", ["ids under `lint/` are ropcheck's own", "another name"]),
        ("control/mine.yaml", ["ids under `control/` are ropcheck's own", "another name"]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, case).expect("a scenario file");
        let ran = ropcheck(["check", "--scenarios", &folder.path().display().to_string()]).exits(2).says(&words);
        assert!(ran.stderr.contains(&file.display().to_string()), "{}", ran.stderr);
    }
}

/// Whoever comments out every case of a file wants none of them.
#[test]
fn a_file_without_a_case_is_fine() {
    for text in ["", "# - id: a\n", "[]\n"] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("cases.yaml"), text).expect("a file");
        let shown = folder.path().display().to_string();
        ropcheck(["check", "--scenarios", &shown, "--only", "rfc6749/4.3/good-login"]).exits(0);
    }
}
