//! How the generator fares: whether a figure is the server's, or of the machine that asked.

use std::time::Duration;

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeValLike;
use ropcheck_reports::record::Pulse;

use crate::recorder::micros;

/// What this process has used so far.
#[derive(Debug)]
pub(super) struct Meter {
    cpu_us: u64,
    /// When it was looked at last, in times of the run.
    at: Duration,
}

impl Meter {
    /// One that starts at a time of the run.
    pub(super) fn start(now: Duration) -> Self {
        Self { cpu_us: cpu_us(), at: now }
    }

    /// The pulse of a second at a time of the run: it is over, or the run is, which cuts it off.
    pub(super) fn pulse(&mut self, second: u64, now: Duration, is_cut: bool) -> Pulse {
        let (before, began) = (std::mem::replace(&mut self.cpu_us, cpu_us()), std::mem::replace(&mut self.at, now));
        let lasted_us = is_cut.then(|| micros(now.saturating_sub(began)));
        let cpu_us = self.cpu_us.saturating_sub(before);
        Pulse { second, lasted_us, cpu_us, open_files: open_files(), ..Pulse::default() }
    }
}

/// Processor time of this process, all of its threads together.
fn cpu_us() -> u64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| {
        let all = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        u64::try_from(all).unwrap_or_default()
    })
}

/// Files and connections that are open, where the system lists them.
fn open_files() -> u64 {
    std::fs::read_dir("/proc/self/fd").map_or(0, |all| all.count() as u64)
}

/// Lets this process open as many files as the system allows it, and tells how many that is.
pub(super) fn raise_open_files() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 0 };
    // Where the system does not let it, the soft limit stays in force.
    if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft }
}

/// Asks for memory in small pages. A huge one is cleared whole when its first byte is used, which keeps arrivals waiting for a
/// part of a millisecond; a generator that begins needs many new ones within a moment.
#[cfg(target_os = "linux")]
pub(super) fn ask_for_small_pages() {
    // Where the system does not know it, it is as before.
    let _unknown = nix::sys::prctl::set_thp_disable(true);
}

/// Elsewhere there is no such choice.
#[cfg(not(target_os = "linux"))]
pub(super) fn ask_for_small_pages() {}

/// The generator's machine in few words.
pub(super) fn machine() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or_else(String::new, |(_, model)| format!(", {}", model.trim()));
    format!("{} {}{model}", std::env::consts::OS, std::env::consts::ARCH)
}

/// When the next pulse is due, each second.
pub(super) const BEAT: Duration = Duration::from_secs(1);
