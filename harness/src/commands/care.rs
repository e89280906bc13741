//! What a run will keep to and what it would send, told before it begins.

use std::fmt;
use std::time::Duration;

use ropcheck::forecast::{Attempts, Forecast};
use ropcheck::library::Library;
use ropcheck::limits::Limits;
use ropcheck::suite::Suite;
use ropcheck::target::Target;

use super::page::{Ink, Page, count, some};
use super::stop::Stop;

/// Tells on stderr the limits that a run on a target keeps.
#[expect(clippy::print_stderr, reason = "telling the person who runs it, beside the result on stdout")]
pub(crate) fn tell(target: &Target) {
    eprintln!("limits at {}, {}:", target.name, place(target));
    for (name, told) in target.limits().told(target.is_loopback()) {
        eprintln!("  {name:<13}  {told}");
    }
}

/// Leave for many failed logins, as it was given on the command line.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leave {
    /// `--allow-failed-logins`
    Allowed(u32),
    /// `--observe-throttling`
    Observing(u32),
}

impl fmt::Display for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(most) => write!(f, "`--allow-failed-logins {most}`"),
            Self::Observing(most) => write!(f, "`--observe-throttling {most}`"),
        }
    }
}

impl Leave {
    /// Whether anything is tried by it that would not be tried anyway.
    fn is_needed(self, target: &Target) -> bool {
        match self {
            Self::Allowed(_) => !target.is_loopback(),
            Self::Observing(_) => true,
        }
    }

    /// Whether it is leave for that case, too.
    fn is_for(self, case: &str, library: &Library) -> bool {
        match self {
            Self::Allowed(_) => true,
            Self::Observing(_) => library.scenarios.get(case).is_some_and(|one| one.wrote.throttles()),
        }
    }
}

fn place(target: &Target) -> &'static str {
    if target.is_loopback() { "this machine" } else { "another machine" }
}

/// Prints what a run would send, and sends nothing.
pub(crate) fn dry_run(suite: &Suite, target: &Target, leave: Option<Leave>) -> Result<(), Stop> {
    let (forecast, limits) = (Forecast::of(suite, target), target.limits());
    let mut page = Page::new();
    page.line(0, Ink::Strong, &format!("A dry run at {}, {}: nothing was sent.", target.name, place(target)));
    page.paragraph(
        0,
        "It takes the server to offer whatever a case needs, and each answer to be the one that is hoped for. A property that \
         fails asks more, to make its failure small.",
    );
    page.blank();
    let skipped = format!("{} to run, {} to skip", forecast.run, forecast.skipped);
    let facts = [("cases", skipped), ("requests", forecast.requests.to_string()), ("time", lasts(&forecast, &limits))];
    for (name, told) in facts.into_iter().chain(limits.told(target.is_loopback())) {
        page.line(2, Ink::Plain, &format!("{name:<13}  {told}"));
    }
    page.head(Ink::Strong, &format!("{:<20}{:>14}{:>14}{:>14}", "ACCOUNT", "good logins", "failing", "in a row"));
    for Attempts { user, good, failing, in_a_row } in &forecast.accounts {
        let kind = target.users.iter().find(|one| one.name == *user).map_or("", |user| match user {
            user if user.sacrificial => "  sacrificial",
            user if user.disabled => "  disabled",
            _ => "",
        });
        page.line(0, Ink::Plain, &format!("{user:<20}{good:>14}{failing:>14}{in_a_row:>14}{kind}"));
    }
    if forecast.of_nobody > 0 {
        let (none, names) = (0, forecast.of_nobody);
        page.line(0, Ink::Plain, &format!("{:<20}{none:>14}{names:>14}{:>14}  nobody's", "(other names)", ""));
        page.blank();
        let told = format!(
            "Names that nobody bears cost no account. A server may throttle them all the same: none that is drawn sees more than \
             {} failed logins.",
            limits.failed_logins
        );
        page.paragraph(0, &told);
    }
    let given = leave.filter(|leave| leave.is_needed(target));
    for (name, in_a_row) in exceeding(&forecast, &limits) {
        let most = limits.failed_logins;
        let by = given.map_or("being sacrificial, and on this machine".to_owned(), |leave| format!("by {leave}"));
        page.blank();
        page.paragraph(
            0,
            &format!(
                "User `{name}` sees {in_a_row} failed logins in a row where `limits.failed_logins` is {most}: {by}."
            ),
        );
    }
    if let Some(leave) = leave {
        useless(&mut page, leave, &forecast, suite.library());
    }
    for (why, cases) in &forecast.unjudged {
        let told = count(cases.len(), "case");
        let cases = some(cases.iter().map(String::as_str), 3);
        page.blank();
        page.paragraph(0, &format!("{told} left unjudged ({cases}): {why}."));
    }
    page.print()
}

/// Users that see more failed logins in a row than the target file's limit.
fn exceeding<'a>(forecast: &'a Forecast, limits: &Limits) -> impl Iterator<Item = (&'a str, u64)> {
    let most = u64::from(limits.failed_logins);
    forecast.accounts.iter().filter(move |one| one.in_a_row > most).map(|one| (one.user.as_str(), one.in_a_row))
}

/// What leave does not open, and why.
fn useless(page: &mut Page, leave: Leave, forecast: &Forecast, library: &Library) {
    let closed: Vec<_> = forecast.closed.iter().filter(|(case, _)| leave.is_for(case, library)).collect();
    if closed.is_empty() {
        return;
    }
    page.blank();
    page.paragraph(0, &format!("Skipped in spite of {leave}:"));
    for (case, why) in closed {
        page.entry(2, &format!("{case}: {why}"));
    }
}

fn lasts(forecast: &Forecast, limits: &Limits) -> String {
    let seconds = |time: Duration| {
        humantime::format_duration(Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))).to_string()
    };
    match limits.requests_per_second {
        Some(rate) => format!("at least {}, at {rate} requests a second", seconds(forecast.lasts(limits.interval()))),
        None if forecast.waits.is_zero() => "as long as its answers take".to_owned(),
        None => format!("as long as its answers take, and {} of waiting", seconds(forecast.waits)),
    }
}
