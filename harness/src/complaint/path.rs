//! What to do where nothing is at a path that somebody named.

use std::io::{Error, ErrorKind};
use std::path::Path;

use super::nearest;

/// Why a path could not be read, with the nearest name beside it, or else with what to do.
pub fn told(path: &Path, why: &Error, otherwise: &str) -> String {
    match (why.kind(), near(path)) {
        (ErrorKind::NotFound, Some(near)) => format!("{why}; did you mean `{near}`?"),
        (ErrorKind::NotFound, None) => format!("{why}: {otherwise}"),
        _ => why.to_string(),
    }
}

/// The nearest name in the folder of a path. Endings are much alike: what stands before them decides.
fn near(path: &Path) -> Option<String> {
    let (folder, wrong) = (path.parent()?, path.file_name()?.to_str()?);
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let there = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let there: Vec<String> = there.filter(|name| nearest(stem(wrong), [stem(name)]).is_some()).collect();
    let near = nearest(wrong, there.iter().map(String::as_str))?;
    Some(path.with_file_name(near).display().to_string())
}

fn stem(name: &str) -> &str {
    name.split_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_told_and_what_to_do_where_none_is_near() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["staging.yaml", "staging.ndjson", "production.yaml"] {
            std::fs::write(folder.path().join(name), "").expect("a file");
        }
        let told = |name: &str| {
            let path = folder.path().join(name);
            let why = std::fs::read(&path).expect_err("nothing is there");
            told(&path, &why, "make one").replace(&folder.path().display().to_string(), "DIR")
        };
        for (wrong, right) in [
            ("stagin.yaml", "; did you mean `DIR/staging.yaml`?"),
            ("staging.yml", "; did you mean `DIR/staging.yaml`?"),
            ("staging.ndjsn", "; did you mean `DIR/staging.ndjson`?"),
            ("target.yaml", ": make one"),
            ("no/such.yaml", ": make one"),
        ] {
            assert!(told(wrong).ends_with(right), "{wrong}: {}", told(wrong));
        }
        let why = Error::from(ErrorKind::PermissionDenied);
        assert_eq!(super::told(Path::new("x"), &why, "make one"), why.to_string(), "it is there");
    }
}
