//! The roll call of formats.

use std::io::{self, Write};

use crate::record::Event;
use crate::run::Run;

mod chart;
mod hlog;
mod html;
mod junit;
mod markdown;
mod message;
pub mod text;
pub mod waivers;
mod wording;

pub use wording::{visible, visible_lines};

/// A way to tell a run.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The name by which it is asked for.
    pub name: &'static str,
    /// What it is for, as a fragment.
    pub says: &'static str,
    /// How it is written.
    pub tell: Tell,
}

/// How a format is written.
#[derive(Debug, Clone, Copy)]
pub enum Tell {
    /// At the end, from what the run adds up to.
    Run(fn(&Run, &mut dyn Write) -> io::Result<()>),
    /// As it happens, event by event.
    Each(fn(&Event, &mut dyn Write) -> io::Result<()>),
}

/// Every format, by name.
pub const FORMATS: &[Format] = &[
    Format {
        name: "hlog",
        says: "an HdrHistogram interval log of a load run, each step and second",
        tell: Tell::Each(hlog::line),
    },
    Format { name: "html", says: "one self-contained page with every exchange", tell: Tell::Run(html::write) },
    Format { name: "junit", says: "JUnit XML, one test case a case, for a CI system", tell: Tell::Run(junit::write) },
    Format { name: "markdown", says: "a short page for a GitHub step summary", tell: Tell::Run(markdown::write) },
    Format { name: "text", says: "what the terminal shows, without colour", tell: Tell::Run(text::plain) },
    Format { name: "waivers", says: "a waiver file for what fails, to be filled in", tell: Tell::Run(waivers::write) },
];

/// The format of that name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roll_call_is_sorted_and_each_format_is_found_by_its_name() {
        assert!(FORMATS.is_sorted_by_key(|format| format.name));
        for format in FORMATS {
            assert_eq!(find(format.name).map(|found| found.says), Some(format.says));
        }
        assert!(find("docx").is_none());
    }
}
