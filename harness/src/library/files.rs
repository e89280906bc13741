//! The files that a library is read from, and the ids that they give.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use serde_yaml::Spanned;

use crate::complaint::path::told;
use crate::complaint::{Complaint, Source};

static OWN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// Ids that no scenario has: checks of every answer, and controls, are told under them.
const RESERVED: [&str; 2] = ["control", "lint"];

/// The project's own files, which are inside the binary.
pub(super) fn own() -> Result<Vec<File>, Complaint> {
    let mut files = Vec::new();
    embedded(&OWN, &mut files)?;
    Ok(files)
}

/// The files of a user's folder.
pub(super) fn of_folder(folder: &Path) -> Result<Vec<File>, Complaint> {
    let mut files = Vec::new();
    from_folder(folder, folder, &mut files)?;
    if files.is_empty() {
        return Err(
            unread(folder).complain_whole("no file in that folder ends in .yaml: name the folder of your scenarios")
        );
    }
    Ok(files)
}

/// A file with the path, relative to its scenario folder, that its ids are made from.
pub(super) struct File {
    path: String,
    pub(super) source: Arc<Source>,
}

/// What a file holds.
pub(super) enum FileKind {
    Catalogue,
    Bases,
    Scenarios,
}

impl File {
    /// What it holds, by its path.
    pub(super) fn kind(&self) -> FileKind {
        if self.path.starts_with("requirements/") {
            FileKind::Catalogue
        } else if self.path == "bases.yaml" {
            FileKind::Bases
        } else {
            FileKind::Scenarios
        }
    }

    /// What stands before the slug in an id: the folder, and the section where the file name begins with one
    /// (`rfc6749/5.2-error-response.yaml` gives `rfc6749/5.2`), else the file's whole name.
    fn prefix(&self) -> String {
        let path = self.path.trim_end_matches(".yaml").trim_end_matches(".yml");
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        let head = name.split('-').next().unwrap_or(name);
        let is_section = head.len() < name.len()
            && head.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())
            && head.chars().skip(1).all(|c| c.is_ascii_digit() || c == '.');
        let name = if is_section { head } else { name };
        if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
    }

    /// The whole id of a scenario of this file. Reports, globs and the addresses of the embedded server are made from it.
    pub(super) fn id(&self, slug: &Spanned<String>) -> Result<String, Complaint> {
        let prefix = self.prefix();
        let is_plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if let Some(part) = prefix.split('/').find(|part| !is_plain(part)) {
            let message =
                format!("`{part}` can't be part of an id: name file and folder in letters, digits, `-`, `_` and `.`");
            return Err(self.source.complain_whole(message));
        }
        if let Some(reserved) = RESERVED.iter().find(|reserved| prefix.split('/').next() == Some(*reserved)) {
            let message = format!("ids under `{reserved}/` are ropcheck's own: give the file or folder another name");
            return Err(self.source.complain_whole(message));
        }
        let is_kebab =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if !slug.value.split('-').all(is_kebab) {
            let message = format!(
                "`{}` is no id: write small letters and digits with hyphens between, `wrong-password`",
                slug.value
            );
            return Err(self.source.complain(slug.defined, message));
        }
        Ok(format!("{prefix}/{}", slug.value))
    }
}

fn embedded(folder: &Dir<'_>, into: &mut Vec<File>) -> Result<(), Complaint> {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if is_yaml(file.path()) {
            let shown = format!("scenarios/{path}");
            let Some(text) = file.contents_utf8() else {
                return Err(unread(file.path()).complain_whole("the file is not UTF-8"));
            };
            into.push(File { path, source: Arc::new(Source { file: shown, text: text.to_owned(), private: false }) });
        }
    }
    folder.dirs().try_for_each(|folder| embedded(folder, into))
}

fn from_folder(root: &Path, folder: &Path, into: &mut Vec<File>) -> Result<(), Complaint> {
    let could_not = |what: &Path, why: std::io::Error| {
        let remedy = if why.kind() == ErrorKind::NotADirectory { ": name the folder that it is in" } else { "" };
        let why = told(what, &why, "name the folder of your scenarios");
        unread(what).complain_whole(format!("could not read the scenarios: {why}{remedy}"))
    };
    let mut entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| could_not(folder, why))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            from_folder(root, &path, into)?;
        } else if is_yaml(&path) {
            let text = std::fs::read_to_string(&path).map_err(|why| could_not(&path, why))?;
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            into.push(File {
                path: relative,
                source: Arc::new(Source { file: path.display().to_string(), text, private: false }),
            });
        }
    }
    Ok(())
}

/// A file without its text.
fn unread(path: &Path) -> Source {
    Source { file: path.display().to_string(), text: String::new(), private: false }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}
