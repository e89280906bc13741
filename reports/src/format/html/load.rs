//! What a load run adds up to, as a reader of the page sees it.

use super::wording;
use super::wording::load as words;
use crate::format::chart::{self, Chart, Series, look};
use crate::latency::QUANTILE_NAMES;
use crate::load::{Held, Load};
use crate::record::load::{CameTo, Mode};
use crate::record::{LoadHead, Pulse, Trial};
use crate::run::Run;
use crate::search::Search;
use crate::steps::{OverTime, Second, StepLoad};

/// The section of the page, words and coordinates only.
pub(super) struct LoadView {
    pub(super) conditions: Vec<(&'static str, String)>,
    pub(super) thresholds: Vec<ThresholdView>,
    pub(super) search: Option<SearchView>,
    pub(super) races: Vec<RaceView>,
    pub(super) measured: &'static str,
    pub(super) names: [&'static str; QUANTILE_NAMES.len()],
    pub(super) steps: Vec<StepView>,
    pub(super) says: &'static str,
    pub(super) hides: Option<&'static str>,
    pub(super) charts: Vec<Chart>,
}

pub(super) struct ThresholdView {
    pub(super) tone: &'static str,
    pub(super) word: &'static str,
    pub(super) wrote: String,
    pub(super) actual: String,
    pub(super) place: String,
}

pub(super) struct SearchView {
    pub(super) found: String,
    pub(super) trials: Vec<TrialView>,
    pub(super) figures: &'static str,
}

pub(super) struct TrialView {
    pub(super) rate: String,
    pub(super) kind: &'static str,
    pub(super) seconds: String,
    pub(super) tone: &'static str,
    pub(super) word: &'static str,
    pub(super) why: String,
}

pub(super) struct RaceView {
    pub(super) headline: String,
    pub(super) facts: String,
    pub(super) case: String,
}

pub(super) struct StepView {
    pub(super) look: String,
    pub(super) step: String,
    pub(super) count: u64,
    pub(super) rate: String,
    pub(super) errors: u64,
    pub(super) cells: [String; QUANTILE_NAMES.len()],
    pub(super) below: Vec<(&'static str, u64, [String; QUANTILE_NAMES.len()])>,
    pub(super) answers: String,
}

/// The section, where the run has one.
pub(super) fn view(run: &Run) -> Option<LoadView> {
    let (load, head) = (&run.load, run.started.load.as_ref());
    if head.is_none() && load.over_time.is_empty() {
        return None;
    }
    Some(LoadView {
        conditions: head.map(|head| conditions(load, head)).unwrap_or_default(),
        thresholds: load.thresholds.iter().map(threshold).collect(),
        search: load.search.as_ref().map(search),
        races: load
            .races
            .iter()
            .map(|race| RaceView {
                headline: words::race(race),
                facts: words::race_facts(race),
                case: wording::visible(&race.case),
            })
            .collect(),
        measured: words::measured(load),
        names: QUANTILE_NAMES,
        steps: load.steps.iter().enumerate().map(step).collect(),
        says: if words::is_open(load) { OPEN } else { SERVICE },
        hides: head.is_some_and(|head| head.mode == Mode::Users).then_some(words::CLOSED),
        charts: charts(load, head),
    })
}

const SERVICE: &str = "Service time: from sending to the last byte of the answer, the opening of a connection left out; connect is that \
                       opening, one for each that was tried.";

const OPEN: &str = "Response time: from the intended start of an arrival to the last byte of its answer. Service time leaves \
                    out what an arrival waited for; held is waiting while as many were under way as there may be at once; \
                    lag is how late the generator was; connect is the opening of connections, one for each that was tried.";

fn conditions(load: &Load, head: &LoadHead) -> Vec<(&'static str, String)> {
    words::conditions(load, head).into_iter().chain([("in the run", words::generator(load, head))]).collect()
}

fn threshold(held: &Held) -> ThresholdView {
    ThresholdView {
        tone: tone(held.came_to),
        word: words::word(held.came_to),
        wrote: wording::visible(&held.threshold.text),
        actual: wording::visible(&held.outcome.actual),
        place: wording::visible(&wording::place(&held.threshold.at).unwrap_or_default()),
    }
}

fn tone(came_to: CameTo) -> &'static str {
    match came_to {
        CameTo::Kept => "good",
        CameTo::Missed => "bad",
        CameTo::Invalid | CameTo::Interrupted => "warn",
    }
}

fn search(search: &Search) -> SearchView {
    SearchView {
        found: words::found(search),
        trials: search.trials.iter().map(trial).collect(),
        figures: match search.held() {
            Some(_) => {
                "The figures of this page are those of the last confirmation; what is drawn over time is the whole run."
            }
            None => "Without a confirmation there are no figures; what is drawn over time is the whole run.",
        },
    }
}

fn trial(trial: &Trial) -> TrialView {
    TrialView {
        rate: words::rate(trial.rate),
        kind: words::kind(trial),
        seconds: format!("{} to {}", trial.from, trial.until),
        tone: tone(trial.came_to),
        word: words::word(trial.came_to),
        why: wording::visible(&trial.why.join("; ")),
    }
}

fn step((position, step): (usize, &StepLoad)) -> StepView {
    let below = words::below(step).into_iter().map(|(name, times)| (name, times.count(), words::cells(times)));
    StepView {
        look: look(position),
        step: wording::visible(&step.step),
        count: step.count,
        rate: format!("{:.1}", step.rate),
        errors: step.errors,
        cells: words::cells(step.latency()),
        below: below.collect(),
        answers: words::answers(step),
    }
}

/// What is drawn: over time the whole run, by percentile what the figures are of. Of a race nothing is measured.
fn charts(load: &Load, head: Option<&LoadHead>) -> Vec<Chart> {
    if head.is_some_and(|head| head.mode == Mode::Race) {
        return vec![];
    }
    let mut all = vec![chart::numbers("requests a second", by_step(load, |second| second.count))];
    if load.over_time.iter().flat_map(|step| &step.seconds).any(|second| second.errors > 0) {
        all.push(chart::numbers("errors a second", by_step(load, |second| second.errors)));
    }
    let measured = words::measured(load);
    if load.steps.iter().any(|step| step.latency().count() > 0) {
        all.push(percentiles(load, measured));
    }
    // A single second is no development.
    for step in load.over_time.iter().filter(|step| step.seconds.len() > 1) {
        all.push(over_time(step, measured));
    }
    if let (Some(head), false) = (head, load.pulses.is_empty()) {
        all.extend(generator(&load.pulses, head));
    }
    all
}

fn by_step(load: &Load, value: fn(&Second) -> u64) -> Vec<Series> {
    let series = |(position, step): (usize, &OverTime)| Series {
        name: wording::visible(&step.step),
        look: look(position),
        seconds: step.seconds.iter().map(|second| (second.second, value(second))).collect(),
    };
    load.over_time.iter().enumerate().map(series).collect()
}

/// The gap between the two lines of a step is what a closed loop would not have seen.
fn percentiles(load: &Load, measured: &str) -> Chart {
    let lines = load.steps.iter().enumerate().flat_map(|(position, step)| {
        let name = wording::visible(&step.step);
        let service = (step.response.count() > 0)
            .then(|| (format!("{name}, service time"), format!("{} dashed", look(position)), &step.service));
        [(name, look(position), step.latency())].into_iter().chain(service)
    });
    chart::percentiles(&format!("{measured} by percentile"), lines)
}

fn over_time(step: &OverTime, measured: &str) -> Chart {
    let series = |name: &str, look: &str, value: fn(&Second) -> u64| Series {
        name: name.to_owned(),
        look: look.to_owned(),
        seconds: step.seconds.iter().map(|second| (second.second, value(second))).collect(),
    };
    let all = vec![
        series("p50", "s0", |second| second.p50_us),
        // Of fewer than a hundred it is the longest, which is drawn as that.
        series("p99", "s1", |second| if second.count < 100 { 0 } else { second.p99_us }),
        // It often lies on the line below it.
        series("max", "s2 dashed", |second| second.max_us),
    ];
    chart::times(&format!("{measured} of {}", wording::visible(&step.step)), all)
}

fn generator(pulses: &[Pulse], head: &LoadHead) -> Vec<Chart> {
    let series = |name: &str, position, value: &dyn Fn(&Pulse) -> u64| Series {
        name: name.to_owned(),
        look: look(position),
        seconds: pulses.iter().map(|pulse| (pulse.second, value(pulse))).collect(),
    };
    let any = |value: fn(&Pulse) -> u64| pulses.iter().any(|pulse| value(pulse) > 0);
    let mut queues = vec![series("under way", 0, &|pulse| pulse.under_way)];
    queues.extend(any(|pulse| pulse.waiting).then(|| series("arrivals waiting", 1, &|pulse| pulse.waiting)));
    queues.extend(any(|pulse| pulse.unvalidated).then(|| series("tokens to validate", 2, &|pulse| pulse.unvalidated)));
    let whole = u64::from(head.conditions.cores.max(1)) * 10_000;
    let cpu = chart::shares(
        "CPU of the generator, of all its cores",
        vec![series("CPU", 0, &|pulse| pulse.cpu_in_a_second() / whole)],
    );
    vec![cpu, chart::numbers("requests under way", queues)]
}
