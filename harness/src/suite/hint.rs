//! What to type where a glob chose no case.

use super::matcher;
use crate::complaint::nearest;
use crate::library::Library;

/// Ids that stand in reports and are no cases, each with what to do.
const NO_CASES: [(&str, &str); 2] = [
    (
        "lint/",
        "a check of every answer runs with every case: choose the cases whose answers it shall look at, or leave `--only` out",
    ),
    ("control/", "a control is sent with every case that needs it: choose one of those"),
];

/// Why a glob matches none of these cases, and what would.
pub(super) fn hint(glob: &str, cases: &[String], library: &Library) -> String {
    if let Some((_, why)) = NO_CASES.iter().find(|(head, _)| glob.starts_with(head)) {
        return (*why).to_owned();
    }
    let is_chosen = |glob: &str, id: &str| matcher(glob).is_ok_and(|matcher| matcher.is_match(id));
    if let Some(load) = library.scenarios.keys().find(|id| is_chosen(glob, id)) {
        return format!("`{load}` is a load run: `ropcheck load {load}`");
    }
    if library.catalogue.get(glob).is_some() {
        return format!("that is a sentence, and `ropcheck explain {glob}` names its cases");
    }
    let wider = [format!("{}/*", glob.trim_end_matches('/')), format!("*{}*", glob.trim_matches('*'))];
    if let Some(glob) = wider.iter().find(|glob| cases.iter().any(|id| is_chosen(glob, id))) {
        return format!("a glob stands for a whole id: try `{glob}`");
    }
    let folders = folders(cases);
    let plain = glob.split(['*', '?', '[', '{']).next().unwrap_or_default().trim_end_matches('/');
    match nearest(plain, cases.iter().map(String::as_str).chain(folders.iter().copied())) {
        Some(near) if folders.contains(&near) => format!("did you mean `{near}/*`?"),
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let first: Vec<&str> = folders.into_iter().filter(|folder| !folder.contains('/')).collect();
            format!(
                "ids begin with {}, and with the names of your own files where `--scenarios DIR` reads them",
                first.join(", ")
            )
        }
    }
}

/// What stands before a slash in some id, each once.
fn folders(cases: &[String]) -> Vec<&str> {
    let before = |id: &'_ str| -> Vec<usize> { id.match_indices('/').map(|(at, _)| at).collect() };
    let mut all: Vec<&str> = cases.iter().flat_map(|id| before(id).into_iter().map(|at| &id[..at])).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::suite::Suite;

    #[test]
    fn whoever_chose_nothing_is_told_what_to_type() {
        let library = Arc::new(Library::load(None).expect("the project's own scenarios can be read"));
        let suite = Suite::of(Arc::clone(&library));
        for (glob, told) in [
            ("rfc6749/5.2", "a glob stands for a whole id: try `rfc6749/5.2/*`"),
            ("rfc6749/5.2/", "a glob stands for a whole id: try `rfc6749/5.2/*`"),
            ("wrong-passwor", "a glob stands for a whole id: try `*wrong-passwor*`"),
            ("lint/no-store", "a check of every answer runs with every case"),
            ("control/good-login", "a control is sent with every case that needs it"),
            ("load/steady/*", "is a load run: `ropcheck load load/steady/"),
            ("rfc6749/5.2/invalid-grant", "that is a sentence, and `ropcheck explain rfc6749/5.2/invalid-grant`"),
            ("rfc6749/5.2/wrong-pasword", "did you mean `rfc6749/5.2/wrong-password`?"),
            ("propertys/*", "did you mean `properties/*`?"),
            ("mine/*", "ids begin with advice, http, introspection, "),
            ("**", "ids begin with"),
        ] {
            match suite.clone().only(glob) {
                Err(why) => assert!(why.contains(told) && why.contains(&format!("`{glob}`")), "{glob}: {why}"),
                Ok(_) => assert_eq!(glob, "**"),
            }
        }
    }
}
