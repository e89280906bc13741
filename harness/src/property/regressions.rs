//! Sets of values that failed once, kept in files of proptest's own line form: they are tried first in every later run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ropcheck_reports::drawn::Value;

use crate::complaint::{Complaint, Source};

/// What one set of values is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// The seed of an attempt of a property, so that none depends on which others run.
    pub fn of(case: &str, seed: u64, attempt: u32) -> Self {
        let text = format!("{seed}/{case}/{attempt}");
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let mut seed = [0; 32];
        seed.copy_from_slice(digest.as_ref());
        Self(seed)
    }

    /// A seed as it is written: two hex digits a byte.
    pub fn parse(text: &str) -> Option<Self> {
        let mut seed = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, at) in seed.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(seed))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What stands first in a new file.
const HEAD: &str = "\
# Sets of values that failed once. ropcheck tries them before it draws others: `ropcheck check --regressions DIR`.
# Keep the file with the scenarios. It holds no secret: what is made from one is a recipe here.
";

/// A folder with a file for each property that has failed.
#[derive(Debug, Clone, Default)]
pub struct Regressions {
    folder: PathBuf,
    known: BTreeMap<String, Vec<Seed>>,
}

impl Regressions {
    /// Reads the files of these cases; a folder that is not there yet has none.
    ///
    /// # Errors
    /// A line can't be read.
    pub fn read(folder: &Path, cases: &[String]) -> Result<Self, Complaint> {
        let mut known = BTreeMap::new();
        for case in cases {
            let path = path(folder, case);
            match fs::read_to_string(&path) {
                Ok(text) => {
                    let source = Source { file: path.display().to_string(), text, private: false };
                    known.insert(case.clone(), seeds(&source)?);
                }
                Err(why) if why.kind() == io::ErrorKind::NotFound => {}
                Err(why) => {
                    let source = Source { file: path.display().to_string(), text: String::new(), private: false };
                    return Err(source.complain_whole(format!("could not read it: {why}")));
                }
            }
        }
        Ok(Self { folder: folder.to_owned(), known })
    }

    /// The seeds that are known of a case.
    pub fn of(&self, case: &str) -> &[Seed] {
        self.known.get(case).map_or(&[], Vec::as_slice)
    }

    /// Keeps the seed of a failure, where it is not kept already.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn keep(&mut self, case: &str, seed: Seed, values: &BTreeMap<String, Value>) -> io::Result<()> {
        let known = self.known.entry(case.to_owned()).or_default();
        if known.contains(&seed) {
            return Ok(());
        }
        known.push(seed);
        let path = path(&self.folder, case);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
        if file.metadata()?.len() == 0 {
            file.write_all(HEAD.as_bytes())?;
        }
        let values: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        writeln!(file, "cc {seed} # shrinks to {}", values.join(", "))
    }
}

fn path(folder: &Path, case: &str) -> PathBuf {
    folder.join(format!("{case}.txt"))
}

/// The seeds of a file, a line each: `cc`, the seed, and what its failure shrank to as a comment.
fn seeds(source: &Source) -> Result<Vec<Seed>, Complaint> {
    let lines = source.text.lines().enumerate();
    let wanted = lines.filter(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with('#'));
    wanted
        .map(|(position, line)| {
            let seed = line.split('#').next().unwrap_or_default().trim().strip_prefix("cc ").map(str::trim);
            seed.and_then(Seed::parse).ok_or_else(|| {
                let line = position + 1;
                source
                    .complain_whole(format!("line {line} is no `cc` with 64 hex digits: take it out, or copy it anew"))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::test_runner::PersistedSeed;

    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_proptest_can_read_it_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let case = "properties/a/b".to_owned();
        let (first, second) = (Seed::of(&case, 1, 1), Seed::of(&case, 1, 2));
        let cases = [case.clone(), "properties/a/other".to_owned()];
        let mut regressions = Regressions::read(folder.path(), &cases).expect("nothing is there yet");
        let values = BTreeMap::from([("text".to_owned(), Value::Text("a#\n".to_owned()))]);
        for seed in [first, second, first] {
            regressions.keep(&case, seed, &values).expect("it can be written");
        }
        assert_eq!(Regressions::read(folder.path(), &cases).expect("it can be read").of(&case), [first, second]);
        assert!(regressions.of("properties/a/other").is_empty());

        let text = fs::read_to_string(folder.path().join("properties/a/b.txt")).expect("a file");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("cc")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].ends_with(r#" # shrinks to text = "a#\n""#), "{text}");
        for line in lines {
            let seed = line.split('#').next().expect("a seed").trim();
            assert_eq!(seed.parse::<PersistedSeed>().expect("proptest's own form").to_string(), seed);
        }
    }

    #[test]
    fn a_line_that_is_no_seed_is_told_with_its_number() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.txt"), format!("# a\ncc {}\n\ncc 12 # shrinks to x\n", Seed([7; 32])))
            .expect("a file");
        let complaint = Regressions::read(folder.path(), &["a".to_owned()]).expect_err("12 is no seed").to_string();
        assert!(complaint.contains("line 4 is no `cc`") && complaint.contains("a.txt"), "{complaint}");
    }
}
