//! A waiver file for the failures of a run, for its reader to fill in.

use std::io::{self, Write};

use super::wording;
use crate::run::Run;
use crate::waivers::PLACEHOLDER;

/// Writes the file: an entry for each promise that fails the run. It holds once its reader has put a reason and an owner
/// in place of each [`PLACEHOLDER`].
pub fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let proposed = run.proposed_waivers();
    let count = wording::count(proposed.len(), "broken promise");
    let target = wording::visible(&run.started.target.name);
    writeln!(out, "# Waivers for {count} of {target}, run of {}.", wording::moment(run.started.started_ms))?;
    if let Some(ending) = wording::ending(run) {
        writeln!(out, "# {ending}")?;
    }
    if proposed.is_empty() {
        writeln!(out, "# Nothing fails that no waiver bears.")?;
        return writeln!(out, "[]");
    }
    writeln!(out, "# Put a reason and an owner in place of each {PLACEHOLDER}: an entry without them is refused.")?;
    for one in proposed {
        writeln!(out)?;
        writeln!(out, "# expected: {}", comment(one.expected))?;
        writeln!(out, "# actual: {}", comment(one.actual))?;
        writeln!(out, "- case: {}", scalar(one.case))?;
        writeln!(out, "  requirement: {}", scalar(one.requirement))?;
        writeln!(out, "  reason: {PLACEHOLDER}")?;
        writeln!(out, "  owner: {PLACEHOLDER}")?;
        writeln!(out, "  expires: {}", one.expires)?;
    }
    Ok(())
}

fn comment(text: &str) -> String {
    wording::shorten(&wording::visible(text), 160)
}

/// A text as a YAML scalar: quoted, as JSON quotes, where it is more than an id.
fn scalar(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-".contains(character);
    if text.starts_with(|first: char| first.is_ascii_lowercase()) && text.chars().all(plain) && text.contains('/') {
        text.to_owned()
    } else {
        format!("\"{}\"", wording::visible(text).replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stands_as_it_is_and_anything_else_in_quotes() {
        assert_eq!(scalar("rfc6749/5.2/wrong-password"), "rfc6749/5.2/wrong-password");
        for (odd, quoted) in
            [("a b/c: d", "\"a b/c: d\""), ("no", "\"no\""), ("a/\"\\", "\"a/\\\"\\\\\""), ("1/2", "\"1/2\"")]
        {
            assert_eq!(scalar(odd), quoted);
        }
    }
}
