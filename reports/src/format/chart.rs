//! Lines laid out on a drawing: a room of coordinates; the numbers come from the run.

use crate::latency::QUANTILE_NAMES;
use crate::steps::{Second, StepLoad};

/// A drawing with an axis on the left, one at the foot, and a line for each step.
pub(crate) struct Chart {
    pub(crate) lines: Vec<Line>,
    pub(crate) across: Vec<Tick>,
    pub(crate) up: Vec<Tick>,
}

/// The line of a step.
pub(crate) struct Line {
    pub(crate) step: String,
    /// `x,y` of every point.
    pub(crate) points: Vec<String>,
}

/// A mark on an axis, in the coordinates of the drawing.
pub(crate) struct Tick {
    pub(crate) at: String,
    pub(crate) label: String,
}

/// The plot inside the drawing of 560 by 220; the template draws its frame.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 544.0;
const TOP: f64 = 12.0;
const FOOT: f64 = 192.0;

/// Exchanges a second over the seconds of the run.
pub(crate) fn rate(steps: &[StepLoad]) -> Chart {
    let last = steps.iter().flat_map(|step| &step.seconds).map(|one| one.second).max().unwrap_or(0).max(1);
    let most = steps.iter().flat_map(|step| &step.seconds).map(|one| one.count).max().unwrap_or(0).max(1);
    let stride = stride(most);
    let top = most.div_ceil(stride).saturating_mul(stride);
    let x = |second: u64| place(float(second) / float(last), LEFT, RIGHT);
    let y = |count: u64| place(float(count) / float(top), FOOT, TOP);
    let lines = steps.iter().map(|step| Line {
        step: step.step.clone(),
        points: with_stalls(&per_second(&step.seconds))
            .into_iter()
            .map(|(second, count)| point(x(second), y(count)))
            .collect(),
    });
    let grid = |most: u64, stride: u64| (0..=most / stride).map(move |step| step * stride);
    Chart {
        lines: lines.collect(),
        across: grid(last, self::stride(last)).map(|at| tick(x(at), format!("{at} s"))).collect(),
        up: grid(top, stride).map(|at| tick(y(at), at.to_string())).collect(),
    }
}

/// Latency by quantile, on a logarithmic axis.
pub(crate) fn latency(steps: &[StepLoad]) -> Chart {
    let all = || steps.iter().filter_map(|step| step.latency().shown_us()).flatten().filter(|us| *us > 0);
    let (least, most) = (all().min().unwrap_or(1), all().max().unwrap_or(1));
    let marks = marks(least, most);
    let bound = |us: Option<&u64>| float(us.copied().unwrap_or(1)).log10();
    let (low, high) = (bound(marks.first()), bound(marks.last()));
    let x = |position: usize| {
        let step = 1.0 / (float(QUANTILE_NAMES.len() as u64) - 1.0);
        place(float(position as u64) * step, LEFT, RIGHT)
    };
    let y = |us: u64| place((float(us.max(1)).log10() - low) / (high - low), FOOT, TOP);
    let lines = steps.iter().filter_map(|step| Some((step, step.latency().shown_us()?))).map(|(step, shown)| Line {
        step: step.step.clone(),
        points: shown.into_iter().enumerate().map(|(position, us)| point(x(position), y(us))).collect(),
    });
    Chart {
        lines: lines.collect(),
        across: QUANTILE_NAMES.iter().enumerate().map(|(at, name)| tick(x(at), (*name).to_owned())).collect(),
        up: marks.iter().map(|us| tick(y(*us), format!("{} ms", float(*us) / 1e3))).collect(),
    }
}

fn per_second(seconds: &[Second]) -> Vec<(u64, u64)> {
    seconds.iter().map(|one| (one.second, one.count)).collect()
}

/// The seconds with a zero at both ends of every gap, so that a stall is drawn as one.
fn with_stalls(per_second: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut drawn: Vec<(u64, u64)> = Vec::new();
    for (second, count) in per_second {
        if let Some((before, _)) = drawn.last().copied()
            && second - before > 1
        {
            drawn.extend([(before + 1, 0), (second - 1, 0)]);
        }
        drawn.push((*second, *count));
    }
    drawn
}

/// A distance of 1, 2 or 5 times a power of ten that divides an axis into at most six.
fn stride(most: u64) -> u64 {
    round_numbers().find(|stride| most / stride < 6).unwrap_or(most)
}

/// Round numbers from the greatest below `least` to the smallest above `most`; only powers of ten where
/// there would be many.
fn marks(least: u64, most: u64) -> Vec<u64> {
    let span = |all: Vec<u64>| {
        let from = all.iter().rposition(|mark| *mark <= least).unwrap_or(0);
        let to = all.iter().position(|mark| *mark >= most && *mark > least).unwrap_or(all.len() - 1);
        all[from..=to].to_vec()
    };
    let fine = span(round_numbers().collect());
    if fine.len() <= 9 { fine } else { span(round_numbers().step_by(3).collect()) }
}

/// 1, 2, 5, 10, 20, 50 and so on.
fn round_numbers() -> impl Iterator<Item = u64> {
    (0..19).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)))
}

fn place(share: f64, from: f64, to: f64) -> f64 {
    from + share.clamp(0.0, 1.0) * (to - from)
}

fn point(x: f64, y: f64) -> String {
    format!("{x:.1},{y:.1}")
}

fn tick(at: f64, label: String) -> Tick {
    Tick { at: format!("{at:.1}"), label }
}

#[expect(clippy::cast_precision_loss, reason = "a coordinate has one decimal")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_carry_round_numbers_that_embrace_the_values() {
        assert_eq!([1, 6, 12, 30, 61].map(stride), [1, 2, 5, 10, 20]);
        assert_eq!(marks(900, 4200), [500, 1000, 2000, 5000]);
        assert_eq!(marks(1, 1), [1, 2]);
        assert_eq!(marks(90, 9_000_000), [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]);
        for odd in [0, 1, u64::MAX] {
            assert!(stride(odd) >= 1);
        }
        // No histogram that is read holds more than this.
        assert!(marks(1 << 43, 1 << 43).len() >= 2);
    }

    #[test]
    fn a_stall_is_drawn_at_the_foot() {
        assert_eq!(with_stalls(&[(0, 5), (1, 4), (5, 3)]), [(0, 5), (1, 4), (2, 0), (4, 0), (5, 3)]);
    }
}
