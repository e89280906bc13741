//! What a scenario asks as a short text, which is another one where it asks something else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Library;
use crate::complaint::Source;
use crate::scenario::Step;

/// The keys of a scenario that its title, its needs and its id are not among.
const ASKS: [&str; 4] = ["given", "moves", "compare", "steps"];

impl Library {
    /// The fingerprint of what a scenario draws, sends and expects, the bases that its requests are made from included. Titles,
    /// comments and layout do not count. None where there is no such scenario.
    pub fn fingerprint(&self, id: &str) -> Option<String> {
        let scenario = self.scenarios.get(id)?;
        let mut asked = BTreeMap::from([("", asked(&scenario.source, "id", &scenario.wrote.id.value)?)]);
        let mut names: Vec<&str> = scenario.wrote.all_steps().filter_map(|step| base_of(&step.value)).collect();
        while let Some(name) = names.pop() {
            let Some(base) = self.bases.get(name).filter(|_| !asked.contains_key(name)) else { continue };
            asked.insert(name, self::asked(&base.source, "base", name)?);
            names.extend(base.wrote.steps.iter().filter_map(|step| base_of(&step.value)));
        }
        let text = serde_json::to_string(&asked).ok()?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        Some(digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

fn base_of(step: &Step) -> Option<&str> {
    step.send.like.as_ref().map(|like| like.value.as_str())
}

/// What the entry of a file asks that has this name under this key.
fn asked(source: &Source, key: &str, name: &str) -> Option<Vec<Value>> {
    let all: Vec<Value> = source.parse().ok()?;
    let entry = all.into_iter().find(|entry| entry[key] == name)?;
    Some(ASKS.iter().map(|part| entry[part].clone()).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The fingerprint of the only scenario of a folder.
    fn of(text: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("mine.yaml"), text).expect("a file");
        let base =
            "- base: mine\n  title: T\n  steps:\n    - send: { like: good-login, change: { set: { scope: SCOPE } } }\n";
        fs::write(
            folder.path().join("bases.yaml"),
            base.replace("SCOPE", if text.contains("# other") { "b" } else { "a" }),
        )
        .expect("a file");
        let library = Library::load(Some(folder.path())).unwrap_or_else(|complaint| panic!("{complaint}"));
        library.fingerprint("mine/a").expect("it is there")
    }

    const SCENARIO: &str = "- id: a\n  title: T\n  given: { more: { long: [1, 9] } }\n  steps:\n    - send: { like: mine, change: { set: { password: '${given.more}' } } }\n";

    #[test]
    fn what_is_asked_counts_and_how_it_is_told_does_not() {
        let first = of(SCENARIO);
        assert_eq!(first.len(), 16);
        let told = SCENARIO.replace("title: T", "title: Another   # why\n");
        assert_eq!(of(&told), first);
        for (was, is) in [
            ("[1, 9]", "[1, 8]"),
            ("password:", "username:"),
            ("- send", "- times: 2\n      send"),
            ("- id", "# other\n- id"),
        ] {
            assert_ne!(of(&SCENARIO.replace(was, is)), first, "{was} is {is} now");
        }
    }

    #[test]
    fn every_property_of_the_project_has_one_of_its_own() {
        let library = Library::load(None).expect("the project's own scenarios can be read");
        let properties = library.scenarios.keys().filter(|id| id.starts_with("properties/"));
        let all: BTreeMap<String, &String> = properties.filter_map(|id| Some((library.fingerprint(id)?, id))).collect();
        assert_eq!(all.len(), library.scenarios.keys().filter(|id| id.starts_with("properties/")).count());
    }
}
