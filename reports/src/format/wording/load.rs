//! Words and units of a load run that every format uses alike.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::{count, millis, seconds, visible};
use crate::health::Health;
use crate::latency::{QUANTILE_NAMES, Times};
use crate::load::Load;
use crate::race::{self, Won};
use crate::record::load::{CameTo, Conditions, Journey, Kind, Late, Lives, Mode, Replay, Validated};
use crate::record::{LoadHead, Race, Trial};
use crate::search::{Answer, Search};
use crate::steps::StepLoad;

/// What a closed loop hides.
pub(crate) const CLOSED: &str = "Users ask again only when they were answered: while the server stalls nobody asks, so that a stall is in few of these \
     times. Ask with `rate:` in place of `users:` to see all that it delays.";

/// What was asked for, and what the figures were measured under.
pub(crate) fn conditions(load: &Load, head: &LoadHead) -> Vec<(&'static str, String)> {
    let Conditions { http, keep_alive, tls, token_alg, server_in_process, machine, cores, open_files } =
        &head.conditions;
    let mut told = vec![("asked for", asked(head))];
    told.extend((!head.journeys.is_empty()).then(|| ("journeys", list(head.journeys.iter().map(journey)))));
    let kept = if *keep_alive { "connections kept" } else { "a new connection for each request" };
    let tls = tls.as_deref().unwrap_or("no TLS");
    told.push(("carried by", format!("{http}, {kept}, {tls}")));
    let validated = match (head.validated, load.validated) {
        (Validated::None, _) => "none validated".to_owned(),
        (_, Some(0)) => "no signature tried: the server's key set is not known, or no key in it is theirs".to_owned(),
        (Validated::All, _) => "each validated".to_owned(),
        (Validated::OneOf(many), _) => format!("one of {many} validated"),
    };
    let tokens = match token_alg {
        Some(alg) => format!("JWTs signed with {alg}, {validated}"),
        None => "opaque, which leaves nothing to validate".to_owned(),
    };
    told.push(("access tokens", tokens));
    let place = if *server_in_process {
        "in the generator's own process, of whose time it takes its share"
    } else {
        "a process of its own"
    };
    told.push(("server", place.to_owned()));
    let files = if *open_files == 0 { String::new() } else { format!(", {open_files} open files") };
    told.push(("generator", format!("{machine}, {}{files}", count(*cores, "core"))));
    told.into_iter().map(|(name, text)| (name, visible(&text))).collect()
}

/// `20 in 10s, hold 60s users, each with a pause of 1s`.
fn asked(head: &LoadHead) -> String {
    let what = match head.mode {
        Mode::Users => "closed loop, users",
        Mode::Rate => "open loop, arrivals",
        Mode::Search => "search for the highest rate that keeps the thresholds",
        Mode::Race => "many uses of one token at once",
    };
    let shape = if head.shape.is_empty() { String::new() } else { format!(": {}", head.shape) };
    let think = head.think.as_ref().map_or_else(String::new, |pause| format!(", a pause of {pause} after each answer"));
    let evenly = if head.evenly { ", evenly" } else { "" };
    let at_once = head.at_once.map_or_else(String::new, |most| format!(", at most {most} under way at once"));
    let rate = head.max_rate.map_or_else(String::new, |most| format!(", at most {most} requests a second by leave"));
    format!("{what}{shape}{evenly}{think}{at_once}{rate}")
}

/// `session ×3 (20 accounts)`: whoever asks logs in with one of them, and there may be more or fewer who ask.
fn journey(journey: &Journey) -> String {
    let weight = if journey.weight == 1 { String::new() } else { format!(" ×{}", journey.weight) };
    let users = if journey.users == 0 { String::new() } else { format!(" ({})", count(journey.users, "account")) };
    format!("{}{weight}{users}", journey.name)
}

/// What the times of the steps are.
pub(crate) fn measured(load: &Load) -> &'static str {
    if is_open(load) { "response time" } else { "service time" }
}

/// Whether arrivals had a schedule.
pub(crate) fn is_open(load: &Load) -> bool {
    load.search.is_some() || load.steps.iter().any(|step| step.response.count() > 0)
}

/// The times that stand below those of a step, by name, where there are any.
pub(crate) fn below(step: &StepLoad) -> Vec<(&'static str, &Times)> {
    let service = if step.response.count() > 0 { &step.service } else { &step.response };
    let all = [("service", service), ("held", &step.held), ("lag", &step.lag), ("connect", &step.connect)];
    all.into_iter().filter(|(_, times)| times.count() > 0).collect()
}

/// Times in milliseconds in the order of [`QUANTILE_NAMES`], and dashes where there are too few for them.
pub(crate) fn cells(times: &Times) -> [String; QUANTILE_NAMES.len()] {
    times.shown_us().map(|shown| shown.map_or_else(|| "-".to_owned(), millis))
}

/// `256 answered 200, 2 answered 503, 2 not answered; no answer in time 2; a MUST broken 4 times`.
pub(crate) fn answers(step: &StepLoad) -> String {
    let told = |(status, times): (&u16, &u64)| match status {
        0 => format!("{times} not answered"),
        status => format!("{times} answered {status}"),
    };
    let (silent, answered): (Vec<_>, Vec<_>) = step.statuses.iter().partition(|(status, _)| **status == 0);
    let cut_off = (step.cut_off > 0).then(|| format!("{} cut off", step.cut_off));
    let mut parts = vec![list(answered.into_iter().chain(silent).map(told).chain(cut_off))];
    parts.extend((!step.codes.is_empty()).then(|| counts(&step.codes)));
    parts.extend((step.broken > 0).then(|| broken(step)));
    parts.extend((step.unreadable > 0).then(|| {
        format!("{} of the record cannot be read, and those times are missing", count(step.unreadable, "histogram"))
    }));
    visible(&parts.join("; "))
}

/// What fails the run apart from what does not: `no MUST broken; a SHOULD, practice or advice not kept 4 times`.
fn broken(step: &StepLoad) -> String {
    let Some(musts) = step.musts else {
        return format!("{} not kept, MUSTs and advice counted alike", count(step.broken, "promise"));
    };
    let must = match musts {
        0 => "no MUST broken".to_owned(),
        times => format!("a MUST broken {}", count(times, "time")),
    };
    match step.broken.saturating_sub(musts) {
        0 => must,
        lesser => format!("{must}; a SHOULD, practice or advice not kept {}", count(lesser, "time")),
    }
}

/// `194 requests were under way when the run was ended, and not waited for: …`, where there were any.
pub(crate) fn cut_off(run: &Load) -> Option<String> {
    let cut_off = run.steps.iter().map(|step| step.cut_off).fold(0, u64::saturating_add);
    let were = if cut_off == 1 { "was" } else { "were" };
    (cut_off > 0).then(|| {
        format!(
            "{} {were} under way when the run was ended: they count as no error, and of their times it is known only that they \
             are longer than what is counted here",
            count(cut_off, "request")
        )
    })
}

/// `requests begun for 60.00 s, CPU 12 % of 2 cores, schedule lag p99 0.21 ms, 12 arrivals waited for a place among 50 at once, p99 8.30 ms, at most 132 of 1024 files open and 64 requests under way`.
pub(crate) fn generator(run: &Load, head: &LoadHead) -> String {
    let Health { cpu, shares_cpu, lag, held, open_files, may_open, under_way, .. } = &run.health;
    let high = |times: &Times| {
        let (name, us) = times.high_us();
        format!("{name} {} ms", millis(us))
    };
    let mut parts = Vec::new();
    parts.extend(run.steps.first().map(|step| format!("requests begun for {}", seconds(step.asked_us))));
    parts.extend(cpu.map(|share| {
        let beside = if *shares_cpu { ", the server's share included" } else { "" };
        format!("CPU {:.0} % of {}{beside}", share * 100.0, count(head.conditions.cores, "core"))
    }));
    parts.extend((lag.count() > 0).then(|| format!("schedule lag {}", high(lag))));
    parts.extend((held.count() > 0).then(|| {
        let at_once = head.at_once.map_or_else(String::new, |most| format!(" among {most} at once"));
        let waited = count(held.count(), "arrival");
        format!("{waited} waited for a place{at_once}, {}", high(held))
    }));
    let of = if *may_open == 0 { String::new() } else { format!(" of {may_open}") };
    parts.extend((*open_files > 0).then(|| format!("at most {open_files}{of} files open")));
    parts.extend((*under_way > 0).then(|| format!("at most {} under way", count(*under_way, "request"))));
    let told = if parts.is_empty() { "how the generator fared is not known".to_owned() } else { parts.join(", ") };
    let slowed = run.health.slowed.iter().map(|limit| format!("; {limit}, which spoilt no threshold"));
    told + &slowed.collect::<String>()
}

/// Why the run is INVALID, each reason with its remedy.
pub(crate) fn invalid(load: &Load) -> Vec<(String, &'static str)> {
    load.health.limits.iter().map(|limit| (visible(&limit.to_string()), limit.remedy())).collect()
}

/// Each threshold that was missed, in a line.
pub(crate) fn missed(load: &Load) -> Vec<String> {
    load.missed().map(|held| visible(&held.outcome.to_string())).collect()
}

/// `refresh: of 8 uses at once exactly one won`.
pub(crate) fn race(race: &Race) -> String {
    let word = Won::of(race).name();
    let shared = match race.shared {
        0 => String::new(),
        rounds => format!(", given the same token in {}", count(rounds, "round")),
    };
    visible(&format!("{}: of {} at once {word}{shared}", race.step, count(race.at_once, "use")))
}

/// The facts of a race, in sentences.
pub(crate) fn race_facts(race: &Race) -> String {
    let won = race.winners.iter().map(|(winners, rounds)| match winners {
        0 => format!("none won in {rounds}"),
        winners => format!("{winners} won in {rounds}"),
    });
    let late = race.late.iter().map(|(late, rounds)| {
        let what = match late {
            Late::Refused => "refused at once",
            Late::Grace => "granted at first and refused later",
            Late::Granted => "granted for good",
            Late::Unknown => "not tried, or could not be told",
        };
        format!("{what} ({rounds})")
    });
    let lives = race.lives.iter().map(|(lives, rounds)| {
        let what = match lives {
            Lives::Winner => "the winner's new token",
            Lives::OneOfThem => "one of the winners' new tokens",
            Lives::Several => "several winners' new tokens",
            Lives::Old => "the old token alone",
            Lives::Nothing => "nothing",
        };
        format!("{what} ({rounds})")
    });
    let mut told = vec![format!("{}: {}.", count(race::rounds(race), "round"), list(won))];
    told.extend(race.replay.map(|replay| format!("Without a race {}.", again(replay))));
    told.extend((!race.late.is_empty()).then(|| format!("A later use of the old token: {}.", list(late))));
    told.extend((!race.lives.is_empty()).then(|| format!("What lived afterwards: {}.", list(lives))));
    told.extend((!race.lost.is_empty()).then(|| format!("Uses that lost: {}.", counts(&race.lost))));
    told.extend(
        (race.shared > 0).then(|| format!("The same token was given to several in {}.", count(race.shared, "round"))),
    );
    told.push(match race.failed {
        0 => "The server failed no use.".to_owned(),
        failed => format!("The server failed {}.", count(failed, "use")),
    });
    visible(&told.join(" "))
}

/// What a second use of a token comes to when nobody is beside it.
fn again(replay: Replay) -> &'static str {
    match replay {
        Replay::NotReplaced => "a token can be used again and again, and no use replaces it",
        Replay::Granted => "a second use of a token is granted, too",
        Replay::Refused => "a second use of a token is refused, and the new one lives on",
        Replay::EndsFamily => "a second use of a token ends the new one, too",
    }
}

/// `412 arrivals/s keep all thresholds (next tried: 425 arrivals/s, which missed p99 < 100 ms: 120.31 ms)`.
pub(crate) fn found(search: &Search) -> String {
    let told = match search.answer() {
        Answer::Rate { held, next } => {
            let next = next.map_or_else(
                || "nothing above it was tried".to_owned(),
                |next| format!("next tried: {}, which {} {}", rate(next.rate), word(next.came_to), next.why.join("; ")),
            );
            format!("{} keep all thresholds ({})", rate(held.rate), next.trim_end())
        }
        Answer::AtLeast { held, invalid } => {
            let (held, above) = (rate(held.rate), rate(invalid.rate));
            format!(
                "INCONCLUSIVE: {held} keep all thresholds, and at {above} it was the generator: {}",
                came_to(invalid)
            )
        }
        Answer::None { invalid: Some(trial) } => {
            format!("INCONCLUSIVE: no rate was confirmed. At {}: {}", rate(trial.rate), came_to(trial))
        }
        Answer::None { invalid: None } => {
            "INCONCLUSIVE: no rate that was tried kept all thresholds and was held to confirm it".to_owned()
        }
    };
    visible(&told)
}

/// What a trial was.
pub(crate) fn kind(trial: &Trial) -> &'static str {
    match trial.kind {
        Kind::Step => "step",
        Kind::Bisection => "bisection",
        Kind::Confirmation => "confirmation",
    }
}

/// What a trial or a threshold came to, in a word.
pub(crate) fn word(came_to: CameTo) -> &'static str {
    match came_to {
        CameTo::Kept => "kept",
        CameTo::Missed => "missed",
        CameTo::Invalid => "invalid",
        CameTo::Interrupted => "cut off",
    }
}

/// Why a trial came to it, or in a word what it came to.
fn came_to(trial: &Trial) -> String {
    if trial.why.is_empty() { word(trial.came_to).to_owned() } else { trial.why.join("; ") }
}

/// `412 arrivals/s`, `12.5 arrivals/s`.
pub(crate) fn rate(rate: f64) -> String {
    let told = format!("{rate:.1}");
    format!("{} arrivals/s", told.strip_suffix(".0").unwrap_or(&told))
}

/// `invalid_grant 12, server_error 1`.
fn counts<N: Display>(counts: &BTreeMap<String, N>) -> String {
    list(counts.iter().map(|(what, times)| format!("{what} {times}")))
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
