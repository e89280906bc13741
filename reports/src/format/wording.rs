//! Words and units that every format uses alike.

use std::fmt::{Display, Write as _};
use std::time::{Duration, SystemTime};

use crate::coverage::CameTo;
use crate::record::{Drawn, Ended, Finding, Origin, Place, Waiver};
use crate::run::{Judged, Run, Standing, Verdict, Weight};
use crate::waivers::{Applied, State};

pub(crate) mod load;

/// What the table of the second opinion is for.
pub(crate) const OPINION: &str =
    "What today's advice says of the same matters. It binds no server of RFC 6749: it fails nothing.";

/// The line that ends a report: what the cases came to, how long it took, against what.
pub(crate) fn summary(run: &Run) -> String {
    let opinion = opinion(run).map_or_else(String::new, |told| format!(" (second opinion: {told})"));
    let cut = run
        .cut_short()
        .map_or_else(String::new, |(cases, _)| format!("; cut short: {} not judged", count(cases, "case")));
    format!("{}{opinion} in {} against {}{cut}", tally(run), seconds(run.took_us()), visible(&run.started.target.name))
}

/// `3 of 9 followed, 2 not judged, 1 not reached`, where the run holds a second opinion.
pub(crate) fn opinion(run: &Run) -> Option<String> {
    let opinions = &run.opinions;
    let open: String = [(opinions.unjudged, CameTo::Unjudged), (opinions.unreached, CameTo::Silent)]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, came_to)| format!(", {number} {}", came_to.name()))
        .collect();
    let told = || format!("{} of {} followed{open}", opinions.followed, opinions.rows.len());
    (!opinions.rows.is_empty()).then(told)
}

/// `88 cases and 9 checks of every answer: 80 passed, 3 failed, 2 not judged, 1 waiver outdated, 1 threshold missed`: failed
/// and not judged are always said, the others where there are any.
pub(crate) fn tally(run: &Run) -> String {
    const ORDER: [Verdict; Verdict::ALL.len()] = [
        Verdict::Passed,
        Verdict::Failed,
        Verdict::Warned,
        Verdict::Noted,
        Verdict::Unjudged,
        Verdict::Waived,
        Verdict::Advised,
        Verdict::Skipped,
    ];
    let parts: Vec<String> = ORDER
        .into_iter()
        .filter(|verdict| match verdict {
            Verdict::Passed | Verdict::Failed | Verdict::Unjudged => true,
            Verdict::Warned | Verdict::Noted | Verdict::Waived | Verdict::Advised | Verdict::Skipped => {
                run.tally.of(*verdict) > 0
            }
        })
        .map(|verdict| format!("{} {}", run.tally.of(verdict), verdict.name()))
        .collect();
    let outdated = run.outdated_waivers();
    let outdated = (outdated > 0).then(|| format!("{} outdated", count(outdated, "waiver")));
    let missed = run.load.missed().count();
    let missed = (missed > 0).then(|| format!("{} missed", count(missed, "threshold")));
    let invalid = run.load.is_invalid().then(|| "INVALID".to_owned());
    format!(
        "{}: {}",
        ran(run),
        parts.into_iter().chain(outdated).chain(missed).chain(invalid).collect::<Vec<_>>().join(", ")
    )
}

/// `1 case and 63 checks of every answer`: a check that looks at every answer has a verdict as a case has.
pub(crate) fn ran(run: &Run) -> String {
    let cases = count(run.tally.total() - run.checks, "case");
    match run.checks {
        0 => cases,
        checks => format!("{cases} and {} of every answer", count(checks, "check")),
    }
}

/// The run in one sentence.
pub(crate) fn headline(run: &Run) -> &'static str {
    match run.standing() {
        Standing::Failed => "A MUST was broken",
        Standing::Outdated => "A waiver has expired or is no longer needed",
        Standing::Interrupted => "The run did not finish",
        Standing::Invalid => "INVALID: the generator was the limit",
        Standing::Missed => "A threshold was missed",
        Standing::Inconclusive => "Nothing can be concluded",
        Standing::Partial if run.bears() => "No MUST was broken but what is waived, and not all was judged",
        Standing::Partial => "No MUST was broken, but not all was judged",
        Standing::Passed if run.bears() => "No MUST was broken but what is waived",
        Standing::Passed => "No MUST was broken",
    }
}

/// What a reader must know of a run that did not come to its own end.
pub(crate) fn ending(run: &Run) -> Option<String> {
    match run.finished.as_ref().map(|last| &last.ended) {
        Some(Ended::Complete) => None,
        Some(Ended::Interrupted) => Some("interrupted: the run was stopped by hand before its end".to_owned()),
        Some(Ended::Stopped(why)) => Some(format!("stopped: {}", visible(why))),
        None => Some("unfinished: the record ends before the run did".to_owned()),
    }
}

/// What whoever ran it has to know beside the findings, each as a line.
pub(crate) fn notices(run: &Run) -> Vec<String> {
    let cut_off = load::cut_off(&run.load);
    let notices = cut_off.into_iter().chain(run.notices().iter().cloned());
    cut_short(run).into_iter().chain(notices.map(|notice| format!("notice: {}", visible(&notice)))).collect()
}

/// That one throttling left many cases open, and what to do about it.
pub(crate) fn cut_short(run: &Run) -> Option<String> {
    let (cases, told) = run.cut_short()?;
    Some(format!(
        "cut short by throttling: {} not judged: {}; raise `patience` in the target file beyond that, or ask more slowly \
         (`limits: {{ requests_per_second: … }}`)",
        count(cases, "case"),
        visible(told)
    ))
}

/// What a broken promise weighs, in one word.
pub(crate) fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Fails => "failed",
        Weight::Waived => "waived",
        Weight::Warns => "warned",
        Weight::Notes => "noted",
        Weight::Advises => "not followed",
        Weight::Unjudged => "not judged",
        Weight::Met => "met",
    }
}

/// The expected and the actual of a broken promise.
pub(crate) fn pair(judged: &Judged) -> Option<(&str, &str)> {
    match &judged.found.finding {
        Finding::Broken { expected, actual } => Some((expected, actual)),
        Finding::Met | Finding::Unjudged { .. } => None,
    }
}

/// `until 2026-03-31 by the login team: mended with the next release`.
pub(crate) fn borne(waiver: &Waiver) -> String {
    format!("until {} by {}: {}", waiver.expires, waiver.owner, waiver.reason)
}

/// What is to be done about a waiver, where it fails the run.
pub(crate) fn outdated(applied: &Applied) -> Option<String> {
    let Waiver { owner, expires, .. } = &applied.waiver;
    let told = match applied.state {
        State::Bears | State::Untried => return None,
        State::Expired => format!("it held until {expires}: ask {owner}, then remove it or agree on another day"),
        State::Unneeded => "the case ran and this promise was kept: remove it".to_owned(),
    };
    Some(match place(&applied.waiver.at) {
        Some(place) => format!("{place}: {told}"),
        None => told,
    })
}

/// The exchanges that show a finding: the first by name and step, how many more.
pub(crate) fn evidence(run: &Run, judged: &Judged) -> Option<String> {
    let (first, further) = judged.found.evidence.split_first()?;
    let step = match run.exchanges.get(first) {
        Some(exchange) => format!("step `{}`", exchange.step),
        None => "not in the record".to_owned(),
    };
    let more = if further.is_empty() { String::new() } else { format!(", and {} more", further.len()) };
    Some(format!("{first} ({step}){more}"))
}

/// `7 of 41 exchanges`, where the finding speaks of several. What holds across them is of tokens, or of rounds of a race.
pub(crate) fn share(judged: &Judged) -> Option<String> {
    let of_what = match judged.found.origin {
        Origin::Line | Origin::Lint => " exchanges",
        Origin::Across => "",
    };
    judged.found.share.map(|share| format!("{} of {}{of_what}", share.broken, share.of))
}

/// How the drawn values of a property were come by.
pub(crate) fn drawn(drawn: &Drawn) -> String {
    let size = if drawn.minimal { "the smallest that still fail" } else { "not minimal: the smallest so far" };
    let again = match drawn.again {
        Some(true) => "; tried once more with its control, it failed again",
        Some(false) => {
            "; tried once more with its control, it did NOT fail again: the server does not always answer alike"
        }
        None => "",
    };
    format!("set {} drawn, {} to shrink it, {size}{again}", drawn.tried, count(drawn.shrinks, "walk"))
}

/// How the drawn values of a property are tried again.
pub(crate) fn again(run: &Run, judged: &Judged) -> String {
    let is_embedded = run.started.target.name.starts_with("embedded reference server");
    let target = if is_embedded { "" } else { " --target FILE" };
    format!("ropcheck replay RECORD {}{target} (RECORD is what `--record` wrote)", judged.found.case)
}

/// Each drawn value in a line, with its bytes where its letters do not tell them: `password = "é" (bytes 65 cc 81)`.
pub(crate) fn drawn_values(drawn: &Drawn) -> impl Iterator<Item = String> {
    drawn.values.iter().map(|(name, value)| match value.dump().join(" ") {
        bytes if bytes.is_empty() => format!("{name} = {value}"),
        bytes => format!("{name} = {value} (bytes {bytes})"),
    })
}

/// `section 5.2`, as far as the record knows it; the document stands in the requirement's id.
pub(crate) fn section(judged: &Judged) -> Option<String> {
    (!judged.sentence.section.is_empty()).then(|| format!("section {}", judged.sentence.section))
}

/// `file:line`, where it is known.
pub(crate) fn place(at: &Place) -> Option<String> {
    (!at.file.is_empty()).then(|| format!("{}:{}", at.file, at.line))
}

/// The values that a part of a request has: it may be absent, and it may come more than once.
pub(crate) fn values(values: &[&str]) -> String {
    match values {
        [] => "(absent)".to_owned(),
        [""] => "(empty)".to_owned(),
        several => visible(&several.join(" and ")),
    }
}

/// Seconds with two decimals.
pub(crate) fn seconds(us: u64) -> String {
    format!("{:.2} s", Duration::from_micros(us).as_secs_f64())
}

/// Milliseconds with two decimals.
pub(crate) fn millis(us: u64) -> String {
    format!("{:.2}", Duration::from_micros(us).as_secs_f64() * 1e3)
}

/// A moment as RFC 3339; one that has no such form, as it stands in the record.
pub(crate) fn moment(unix_ms: u64) -> String {
    let mut text = String::new();
    let written = SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_millis(unix_ms))
        .map(|at| write!(text, "{}", humantime::format_rfc3339_seconds(at)));
    match written {
        Some(Ok(())) => text,
        Some(Err(_)) | None => format!("{unix_ms} ms after 1970"),
    }
}

/// `1 case`, `2 cases`.
pub(crate) fn count<N: Copy + Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The text on one line with nothing hidden in it: characters that steer a terminal, an XML parser or the
/// direction of text are written as `\u{1b}`.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    shown
}

/// The same for a text of several lines: line feeds and tabs stay.
pub fn visible_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            other if steers(other) => shown.extend(other.escape_default()),
            other => shown.push(other),
        }
    }
    shown
}

fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(character, '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text cut to so many characters, the last of them an ellipsis where it was cut.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_a_visible_text() {
        assert_eq!(visible("a\u{1b}[31m\r\n\u{202e}b⟦c⟧é"), r"a\u{1b}[31m\r\n\u{202e}b⟦c⟧é");
        assert_eq!(visible_lines("a\n\tb\r"), "a\n\tb\\r");
        for hidden in [
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2060}',
            '\u{2069}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert_eq!(visible(&format!("a{hidden}")), format!("a{}", hidden.escape_default()));
        }
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(shorten("abcd", 4), "abcd");
        assert_eq!(shorten("abcde", 4), "abc…");
        assert_eq!(shorten("", 0), "");
    }

    #[test]
    fn every_moment_has_a_text() {
        assert_eq!(moment(1_760_000_000_000), "2025-10-09T08:53:20Z");
        for odd in [253_402_300_800_000, u64::MAX] {
            assert_eq!(moment(odd), format!("{odd} ms after 1970"));
        }
    }
}
