//! The reference server as a command: a script that can be read is performed, one that can't is explained.

#[path = "support/run.rs"]
mod run;

use ropcheck::library::Library;
use ropcheck::load;
use ropcheck_reference_server::Script;

use crate::run::ropcheck;

#[test]
fn a_script_that_is_wrong_is_drawn_with_a_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("script.yaml");
    for (line, says) in [
        ("{ from: 2s, do: stall }", "say in `for` how long it is"),
        ("{ for: 2s, every: 1s, do: stall }", "an `every` longer than `for`"),
        ("{ for: 0s, do: stall }", "write a longer `for`"),
        ("{ for: 1s, do: stal }", "did you mean `stall`?"),
        ("{ fro: 1s, do: reset }", "did you mean `from`?"),
        ("{ from: 1, do: reset }", "`250ms`"),
        ("{ beyond: 0.5/s, do: reset }", "write 1/s, 2/s"),
        ("{ share: 2, do: reset }", "from 0 % to 100 %"),
        ("{ do: { capacity: { rate: 500 } } }", "`500/s`"),
        ("{ do: { answer: { status: 200 } } }", "from 400 to 599"),
        ("{ do: { latency: { uniform: [6ms, 2ms] } } }", "change places"),
    ] {
        std::fs::write(&file, format!("script:\n  - {line}\n")).expect("a file in it");
        let place = format!("{}:2:", file.display());
        let args = ["serve".as_ref(), "--port".as_ref(), "0".as_ref(), "--script".as_ref(), file.as_os_str()];
        ropcheck(args).exits(2).says(&[says, &place, line]);
    }
}

#[test]
fn the_readme_shows_a_script_that_can_be_read() {
    let readme = include_str!("../../README.md");
    let example = readme.split("```").find_map(|block| block.strip_prefix("yaml\nseed:"));
    let example = format!("seed:{}", example.expect("a script in the README"));
    serde_yaml::from_str::<Script>(&example).expect("it can be read");
    let in_a_line = readme.split("echo '").nth(1).and_then(|rest| rest.split('\'').next());
    serde_yaml::from_str::<Script>(in_a_line.expect("one in a line of shell")).expect("it can be read, too");
}

#[test]
fn every_load_that_the_readme_runs_is_there() {
    let library = Library::load(None).expect("the project's own scenarios");
    let readme = include_str!("../../README.md");
    let is_of_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-');
    let ids = readme.split("ropcheck load load/").skip(1).filter_map(|rest| rest.split(|c| !is_of_id(c)).next());
    let ids: Vec<String> = ids.map(|id| format!("load/{id}")).collect();
    assert!(ids.len() >= 3, "{ids:?}");
    for id in ids {
        load::find(&library, &id).unwrap_or_else(|why| panic!("{why}"));
    }
}
