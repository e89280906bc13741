//! What a run will keep to and what it would send, told before it begins.

use std::time::Duration;

use ropcheck::forecast::{Attempts, Forecast};
use ropcheck::limits::Limits;
use ropcheck::suite::Suite;
use ropcheck::target::Target;

use super::page::{Ink, Page, count, some};
use super::stop::Stop;

/// Tells on stderr the limits that a run on a target keeps.
#[expect(clippy::print_stderr, reason = "telling the person who runs it, beside the result on stdout")]
pub(crate) fn tell(target: &Target) {
    eprintln!("limits at {}, {}:", target.name, place(target));
    for (name, told) in target.limits().told() {
        eprintln!("  {name:<13}  {told}");
    }
}

fn place(target: &Target) -> &'static str {
    if target.is_loopback() { "this machine" } else { "another machine" }
}

/// Prints what a run would send, and sends nothing.
pub(crate) fn dry_run(suite: &Suite, target: &Target) -> Result<(), Stop> {
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
    for (name, told) in facts.into_iter().chain(limits.told().map(|(name, told)| (name, told))) {
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
    if !forecast.unjudged.is_empty() {
        let cases = some(forecast.unjudged.iter().map(String::as_str), 3);
        let told = format!(
            "{} left unjudged, the failed-login budget being spent: {cases}",
            count(forecast.unjudged.len(), "case")
        );
        page.blank();
        page.paragraph(0, &told);
    }
    page.print()
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
