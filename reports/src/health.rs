//! Whether the generator of a load run was fit for it: where it was the limit, the figures say nothing of the server.

use std::fmt;

use crate::asked::a_second;
use crate::latency::Times;
use crate::record::load::CameTo;
use crate::record::{LoadHead, Pulse};
use crate::steps::StepLoad;
use crate::threshold::{Outcome, Unit};

/// How the generator fared while the figures were measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    /// Processor time that it took on average, as a share of all its cores; `None` where that is not known.
    pub cpu: Option<f64>,
    /// Whether the server took its time in the same process: the share is of both then, and no limit is told by it.
    pub shares_cpu: bool,
    /// The schedule lag; none in a closed loop.
    pub lag: Times,
    /// How long was asked, in microseconds.
    pub asked_us: u64,
    /// What arrivals waited that found as many under way as there may be at once. It is in their response times, and no
    /// delay of the generator's own.
    pub held: Times,
    /// The most files and connections that were open at the end of a second; 0 where that is not known.
    pub open_files: u64,
    /// How many it may have open; 0 where that is not known.
    pub may_open: u64,
    /// The most requests that were under way at once.
    pub under_way: u64,
    /// Why the run is INVALID; empty where it is valid.
    pub limits: Vec<Limit>,
    /// What made times longer and changed no verdict: see [`Health::weigh`].
    pub slowed: Vec<Limit>,
}

/// A reason why a run is INVALID.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit {
    /// Requests were sent too late for their latency to mean anything.
    Lag {
        /// What is told: `p99`, or `max` of few.
        of: &'static str,
        /// That of the schedule lag, in microseconds.
        lag_us: u64,
        /// That of the response time of the same steps.
        response_us: u64,
    },
    /// The processor was busy.
    Cpu {
        /// Seconds in which it was.
        busy: usize,
        /// Of so many.
        of: usize,
    },
    /// The limit of open files was near.
    OpenFiles {
        /// The most that were open.
        most: u64,
        /// How many may be.
        limit: u64,
    },
    /// The operating system gave no connection.
    Refused {
        /// What there was none of, as the record names it: `no free port`.
        lack: String,
        /// Exchanges that it cost.
        times: u64,
    },
    /// Arrivals were still waiting at the end, and are in no figure.
    Waiting {
        /// How many.
        arrivals: u64,
        /// How many came in a second.
        rate: f64,
    },
}

/// A lag below this hides in what a network does anyway.
const LAG_US: u64 = 1000;

/// Arrivals that are later than that share of the time that was asked, or than a second, ask less of a server than they should, or
/// all at once: its errors are those of another load. A search tells no rates apart that are nearer to each other.
const SHARE: u64 = 20;
const LATEST_US: u64 = 1_000_000;

/// What an operating system lacks, as [`crate::record::Window::errors`] names it.
pub const LACKS: [&str; 2] = ["no free port", "no more open files"];

impl Health {
    /// How the generator fared in these seconds, with what was measured in them.
    pub fn of(head: &LoadHead, steps: &[StepLoad], pulses: &[Pulse]) -> Self {
        let conditions = &head.conditions;
        let (mut held, mut lag, mut response) = (Times::default(), Times::default(), Times::default());
        for step in steps.iter().filter(|step| step.lag.count() > 0) {
            // What can't be added up is left out, and told where the step is.
            let _ = (held.join(&step.held), lag.join(&step.lag), response.join(&step.response));
        }
        let mut health = Self {
            cpu: (conditions.cores > 0 && !pulses.is_empty()).then(|| share(conditions.cores, pulses)),
            shares_cpu: conditions.server_in_process,
            lag,
            asked_us: steps.first().map_or(0, |step| step.asked_us),
            held,
            open_files: pulses.iter().map(|pulse| pulse.open_files).max().unwrap_or_default(),
            may_open: conditions.open_files,
            under_way: pulses.iter().map(|pulse| pulse.under_way).max().unwrap_or_default(),
            limits: vec![],
            slowed: vec![],
        };
        health.limits = [
            health.late(response.high_us().1),
            health.cpu(conditions.cores, pulses),
            health.files(),
            health.waiting(pulses),
        ]
        .into_iter()
        .flatten()
        .chain(refused(steps))
        .collect();
        health
    }

    /// What each threshold came to with a generator that fared so.
    ///
    /// A generator that is late or busy makes times longer and rates lower: what was kept in spite of it was kept, and what is of
    /// errors or findings is the server's. So only a time or a rate that was not kept is spoilt by it, and where there is none it was
    /// no limit. Any other limit spoils all: the server was not asked what it should have been.
    pub fn weigh(&mut self, outcomes: &[Outcome]) -> Vec<CameTo> {
        let kept_a_time = outcomes.iter().any(|outcome| outcome.kept && outcome.unit == Some(Unit::Time));
        let only_slows = |limit: &Limit| match limit {
            Limit::Cpu { .. } => true,
            Limit::Lag { lag_us, .. } => kept_a_time || *lag_us <= (self.asked_us / SHARE).min(LATEST_US),
            Limit::OpenFiles { .. } | Limit::Refused { .. } | Limit::Waiting { .. } => false,
        };
        let slows = self.limits.iter().any(only_slows);
        let spoils = !self.limits.iter().all(only_slows);
        let came_to = |outcome: &Outcome| match (outcome.kept, outcome.unit) {
            _ if spoils => CameTo::Invalid,
            (true, _) => CameTo::Kept,
            (false, Some(Unit::Time | Unit::Rate)) if slows => CameTo::Invalid,
            (false, _) => CameTo::Missed,
        };
        let all: Vec<CameTo> = outcomes.iter().map(came_to).collect();
        if !all.is_empty() && !all.contains(&CameTo::Invalid) {
            self.slowed = std::mem::take(&mut self.limits);
        }
        all
    }

    fn late(&self, response_us: u64) -> Option<Limit> {
        let (of, lag_us) = self.lag.high_us();
        (lag_us > LAG_US && lag_us > response_us / 10).then_some(Limit::Lag { of, lag_us, response_us })
    }

    /// More arrivals that wait than come in a second are no accident of the last one.
    #[expect(clippy::cast_precision_loss, reason = "a rate is compared with a count")]
    fn waiting(&self, pulses: &[Pulse]) -> Option<Limit> {
        let arrivals = pulses.last()?.waiting;
        let rate = a_second(self.lag.count(), self.asked_us);
        (self.asked_us > 0 && arrivals as f64 > rate).then_some(Limit::Waiting { arrivals, rate })
    }

    /// A second in which the run ended is no whole one, and little of a second says nothing.
    fn cpu(&self, cores: u32, pulses: &[Pulse]) -> Option<Limit> {
        let whole = || pulses.iter().filter(|pulse| pulse.lasted_us.is_none());
        let is_busy = |pulse: &&Pulse| pulse.cpu_us > u64::from(cores) * 900_000;
        let busy = if self.cpu.is_none() || self.shares_cpu { 0 } else { whole().filter(is_busy).count() };
        let of = whole().count();
        (busy * 2 > of).then_some(Limit::Cpu { busy, of })
    }

    fn files(&self) -> Option<Limit> {
        let is_near = self.may_open > 0 && self.open_files > self.may_open - self.may_open / 20;
        is_near.then_some(Limit::OpenFiles { most: self.open_files, limit: self.may_open })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share is printed in whole per cent")]
fn share(cores: u32, pulses: &[Pulse]) -> f64 {
    let took = pulses.iter().map(|pulse| pulse.cpu_us).fold(0, u64::saturating_add);
    let lasted = pulses.iter().map(Pulse::length_us).fold(0, u64::saturating_add);
    took as f64 / f64::from(cores) / lasted.max(1) as f64
}

fn refused(steps: &[StepLoad]) -> impl Iterator<Item = Limit> {
    LACKS.into_iter().filter_map(|lack| {
        let times = steps.iter().filter_map(|step| step.codes.get(lack).copied()).fold(0, u64::saturating_add);
        (times > 0).then(|| Limit::Refused { lack: lack.to_owned(), times })
    })
}

impl Limit {
    /// What is to be done about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Lag { .. } => {
                "ask for a lower rate, or keep other programs off the generator's cores: on Linux `chrt --fifo 1 ropcheck …`"
            }
            Self::Cpu { .. } => "ask for less, validate fewer tokens, or give the generator more cores",
            Self::OpenFiles { .. } => "raise the limit (`ulimit -n 65536`), or have fewer requests under way at once",
            Self::Refused { .. } => {
                "keep connections alive; else raise `ulimit -n`, and widen net.ipv4.ip_local_port_range"
            }
            Self::Waiting { .. } => "ask for a lower rate, or let more requests be under way at once",
        }
    }
}

/// The reason, in one line.
impl fmt::Display for Limit {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "it is printed with two decimals")]
        let ms = |us: &u64| *us as f64 / 1e3;
        match self {
            Self::Lag { of, lag_us, response_us } => write!(
                to,
                "the generator sent too late: {of} of the schedule lag is {:.2} ms, of a response time of {:.2} ms",
                ms(lag_us),
                ms(response_us)
            ),
            Self::Cpu { busy, of } => {
                write!(to, "the generator took more than 90 % of its cores in {busy} of {of} seconds")
            }
            Self::OpenFiles { most, limit } => {
                write!(to, "the generator had {most} files and connections open of the {limit} that it may have")
            }
            Self::Refused { lack, times } => write!(to, "the generator's machine had {lack}, {times} times"),
            Self::Waiting { arrivals, rate } => write!(
                to,
                "{arrivals} arrivals were still waiting at the end, more than come in a second ({rate:.1}): they are in \
                 no figure"
            ),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::record::Window;
    use crate::record::load::{Conditions, Mode, Validated};
    use crate::steps::tests::{loads, times, window};
    use crate::threshold::Threshold;

    /// An open loop.
    pub(crate) fn head(conditions: Conditions) -> LoadHead {
        LoadHead {
            mode: Mode::Rate,
            shape: "10/s for 10s".into(),
            lasts_us: 10_000_000,
            journeys: vec![],
            thresholds: vec![],
            think: None,
            evenly: false,
            at_once: None,
            max_rate: None,
            validated: Validated::All,
            conditions,
        }
    }

    fn conditions() -> Conditions {
        Conditions { cores: 2, open_files: 1000, ..Conditions::default() }
    }

    /// Ten arrivals in a second.
    fn arrivals(lag_us: u64, response_us: u64) -> Window {
        let all = |us| times(&[us; 10]);
        Window { lag_us: all(lag_us), response_us: all(response_us), ..window(0, 200, &[1000; 10]) }
    }

    fn pulses(each: impl Fn(u64) -> Pulse) -> Vec<Pulse> {
        (0..10).map(|second| Pulse { second, ..each(second) }).collect()
    }

    fn limits(conditions: Conditions, windows: &[Window], pulses: &[Pulse]) -> Vec<Limit> {
        Health::of(&head(conditions), &loads(windows), pulses).limits
    }

    #[test]
    fn lag_is_a_limit_where_it_is_a_tenth_of_the_response_time() {
        for (lag, response, is_limit) in
            [(900, 1000, false), (1500, 20_000, false), (1500, 14_000, true), (5000, 5000, true)]
        {
            let limits = limits(conditions(), &[arrivals(lag, response)], &[]);
            assert_eq!(matches!(limits.as_slice(), [Limit::Lag { .. }]), is_limit, "{lag} of {response}: {limits:?}");
        }
        assert!(limits(conditions(), &[window(0, 200, &[5])], &[]).is_empty(), "a closed loop has no schedule");
    }

    const KEPT: CameTo = CameTo::Kept;
    const MISSED: CameTo = CameTo::Missed;
    const INVALID: CameTo = CameTo::Invalid;

    /// What thresholds of the run came to, and how many limits spoilt some of them and none.
    fn weighed(wanted: &[&str], windows: &[Window], pulses: &[Pulse]) -> (Vec<CameTo>, usize, usize) {
        let steps = loads(windows);
        let outcome = |wrote: &&str| Threshold::parse(wrote).expect("it is one").held_against(&steps, 0);
        let mut health = Health::of(&head(conditions()), &steps, pulses);
        let came_to = health.weigh(&wanted.iter().map(outcome).collect::<Vec<_>>());
        (came_to, health.limits.len(), health.slowed.len())
    }

    #[test]
    fn what_only_slows_spoils_times_and_rates_that_were_missed_and_nothing_else() {
        let windows = [arrivals(5000, 5000), Window { second: 1, ..window(0, 503, &[1000]) }];
        let busy = pulses(|_| Pulse { cpu_us: 2_000_000, ..Pulse::default() });
        for (wanted, came_to, limits, slowed) in [
            (&[][..], &[][..], 2, 0),
            (&["errors < 1 %"], &[MISSED], 0, 2),
            (&["errors < 50 %", "findings = 0"], &[KEPT, KEPT], 0, 2),
            (&["p99 < 1 s", "errors < 1 %"], &[KEPT, MISSED], 0, 2),
            (&["p99 < 1 ms", "errors < 1 %"], &[INVALID, MISSED], 2, 0),
            (&["rate > 100/s", "p99 < 1 s"], &[INVALID, KEPT], 2, 0),
        ] {
            assert_eq!(weighed(wanted, &windows, &busy), (came_to.to_vec(), limits, slowed), "{wanted:?}");
        }
    }

    #[test]
    fn what_was_not_asked_as_it_should_be_spoils_all() {
        let wanted = ["p99 < 1 s", "errors < 1 %", "findings = 0"];
        let waits = pulses(|_| Pulse { waiting: 11, ..Pulse::default() });
        assert_eq!(weighed(&wanted, &[arrivals(5, 1000)], &waits), (vec![INVALID; 3], 1, 0));
        // A second was asked: more than 50 ms is another rate, unless the time that was kept bounds it.
        for (lag_us, came_to) in [(49_000, KEPT), (55_000, INVALID)] {
            assert_eq!(weighed(&["errors < 1 %"], &[arrivals(lag_us, lag_us)], &[]).0, [came_to], "{lag_us}");
        }
        assert_eq!(weighed(&wanted, &[arrivals(55_000, 55_000)], &[]).0, [KEPT; 3]);
    }

    #[test]
    fn to_have_as_many_under_way_as_there_may_be_is_no_limit_of_the_generator() {
        let stalled = Window { held_us: times(&[700_000; 4]), ..arrivals(50, 800_000) };
        let health = Health::of(&head(conditions()), &loads(&[stalled]), &[]);
        assert_eq!((health.held.count(), health.lag.max_us(), health.limits), (4, 50, vec![]));
    }

    #[test]
    fn a_busy_processor_is_a_limit_where_the_server_has_no_part_in_it() {
        let busy =
            |seconds| move |second| Pulse { cpu_us: if second < seconds { 1_900_000 } else { 0 }, ..Pulse::default() };
        let windows = [window(0, 200, &[5])];
        assert_eq!(limits(conditions(), &windows, &pulses(busy(6))), [Limit::Cpu { busy: 6, of: 10 }]);
        assert!(limits(conditions(), &windows, &pulses(busy(5))).is_empty(), "half of the seconds are no limit");
        let together = Conditions { server_in_process: true, ..conditions() };
        assert!(limits(together.clone(), &windows, &pulses(busy(10))).is_empty());
        let health = Health::of(&head(together), &loads(&windows), &pulses(busy(10)));
        assert!(health.shares_cpu && health.cpu.is_some_and(|share| (share - 0.95).abs() < 1e-9), "{health:?}");
        let unknown = Conditions { cores: 0, ..conditions() };
        assert!(limits(unknown, &windows, &pulses(busy(10))).is_empty(), "of unknown cores no share is known");
    }

    #[test]
    fn what_there_was_of_the_last_second_counts_for_what_it_is() {
        let mut pulses = pulses(|_| Pulse { cpu_us: 500_000, ..Pulse::default() });
        let cut = Pulse { second: 10, lasted_us: Some(250_000), cpu_us: 500_000, under_way: 7, ..Pulse::default() };
        assert_eq!((cut.length_us(), cut.cpu_in_a_second()), (250_000, 2_000_000));
        pulses.push(cut);
        let health = Health::of(&head(conditions()), &loads(&[window(0, 200, &[5])]), &pulses);
        let share = 11.0 * 0.5 / 2.0 / 10.25;
        assert!(health.cpu.is_some_and(|cpu| (cpu - share).abs() < 1e-9) && health.under_way == 7, "{health:?}");
        let busy = |second| Pulse { cpu_us: if second < 5 { 1_900_000 } else { 0 }, ..Pulse::default() };
        let mut pulses = self::pulses(busy);
        pulses.push(Pulse { second: 10, lasted_us: Some(1), cpu_us: 1_900_000, ..Pulse::default() });
        assert!(limits(conditions(), &[window(0, 200, &[5])], &pulses).is_empty(), "five of ten seconds, and a moment");
    }

    #[test]
    fn open_files_and_ports_are_limits() {
        let open = |most| move |second| Pulse { open_files: if second == 4 { most } else { 10 }, ..Pulse::default() };
        let windows = [window(0, 200, &[5])];
        assert!(limits(conditions(), &windows, &pulses(open(950))).is_empty());
        let near = limits(conditions(), &windows, &pulses(open(951)));
        assert_eq!(near, [Limit::OpenFiles { most: 951, limit: 1000 }]);
        let unknown = Conditions { open_files: 0, ..conditions() };
        assert!(limits(unknown, &windows, &pulses(open(951))).is_empty());

        let errors = [("no free port".to_owned(), 3), ("no answer in time".to_owned(), 7)].into();
        let lacking = limits(conditions(), &[Window { errors, ..window(0, 200, &[5]) }], &[]);
        assert_eq!(lacking, [Limit::Refused { lack: "no free port".into(), times: 3 }]);
    }

    #[test]
    fn arrivals_that_wait_at_the_end_are_a_limit() {
        let wait =
            |at, waiting| move |second| Pulse { waiting: if second == at { waiting } else { 0 }, ..Pulse::default() };
        let windows = [arrivals(5, 1000)];
        assert!(limits(conditions(), &windows, &pulses(wait(9, 10))).is_empty(), "as many as come in a second");
        assert!(limits(conditions(), &windows, &pulses(wait(5, 90))).is_empty(), "they were begun after all");
        let waiting = limits(conditions(), &windows, &pulses(wait(9, 11)));
        assert_eq!(waiting, [Limit::Waiting { arrivals: 11, rate: 10.0 }]);
    }
}
