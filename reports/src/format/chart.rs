//! Lines laid out on a drawing: a room of coordinates; the numbers come from the run.

use crate::latency::Times;

/// A drawing with an axis on the left, one at the foot, and lines of one or several colours.
pub(crate) struct Chart {
    pub(crate) caption: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) across: Vec<Tick>,
    pub(crate) up: Vec<Tick>,
}

/// What is drawn in one look.
pub(crate) struct Line {
    pub(crate) name: String,
    /// Classes of the style sheet: `s0`, or `s0 dashed`.
    pub(crate) look: String,
    /// Each piece that hangs together: `x,y` of its points.
    pub(crate) pieces: Vec<String>,
}

/// A mark on an axis, in the coordinates of the drawing.
pub(crate) struct Tick {
    pub(crate) at: String,
    pub(crate) label: String,
}

/// A value a second.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) look: String,
    pub(crate) seconds: Vec<(u64, u64)>,
}

/// The look of the line of that position among its kind.
pub(crate) fn look(position: usize) -> String {
    format!("s{}", position % 6)
}

/// The plot inside the drawing of 560 by 222; the template draws its frame.
const LEFT: f64 = 72.0;
const RIGHT: f64 = 536.0;
const TOP: f64 = 12.0;
const FOOT: f64 = 192.0;

/// The most points of a line: two for each of the pixels that it is usually drawn on.
const POINTS: usize = 1000;

/// Numbers over the seconds of a run, from 0 up; a second without one has none of what is counted.
pub(crate) fn numbers(caption: &str, all: Vec<Series>) -> Chart {
    up_to(1, caption, "", all)
}

/// Per cent over the seconds of a run, on an axis of a hundred: else whatever is least looks like most.
pub(crate) fn shares(caption: &str, all: Vec<Series>) -> Chart {
    up_to(100, caption, " %", all)
}

/// On an axis that is so high at least.
fn up_to(least: u64, caption: &str, unit: &str, all: Vec<Series>) -> Chart {
    let (last, most) = (last(&all), most(&all).max(least));
    let stride = stride(most);
    let top = most.div_ceil(stride).saturating_mul(stride);
    let y = |count: u64| place(float(count) / float(top), FOOT, TOP);
    let line = |seconds: &[(u64, u64)]| {
        let whole = with_stalls(seconds);
        if whole.is_empty() { vec![] } else { vec![points(&thinned(&whole, whole.len()), last, y)] }
    };
    Chart {
        caption: caption.to_owned(),
        lines: drawn(all, line),
        across: seconds(last),
        up: grid(top, stride).map(|at| tick(y(at), format!("{at}{unit}"))).collect(),
    }
}

/// Times over the seconds of a run, on a logarithmic axis; a second without one breaks the line.
pub(crate) fn times(caption: &str, all: Vec<Series>) -> Chart {
    let last = last(&all);
    let scale = Logarithmic::of(all.iter().flat_map(|one| &one.seconds).map(|(_, us)| *us));
    let line = |seconds: &[(u64, u64)]| {
        let known: Vec<(u64, u64)> = seconds.iter().copied().filter(|(_, us)| *us > 0).collect();
        let pieces = known.chunk_by(|(one, _), (next, _)| next.saturating_sub(*one) <= 1);
        pieces.map(|piece| points(&thinned(piece, known.len()), last, |us| scale.place(us))).collect()
    };
    Chart { caption: caption.to_owned(), lines: drawn(all, line), across: seconds(last), up: scale.ticks() }
}

/// Latency by percentile, both axes logarithmic: each nine takes as much room as the one before it.
pub(crate) fn percentiles<'t>(caption: &str, all: impl IntoIterator<Item = (String, String, &'t Times)>) -> Chart {
    const LABELS: [&str; 6] = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"];
    const STEPS: u32 = 16;
    let all: Vec<_> = all.into_iter().filter(|(_, _, times)| times.count() > 0).collect();
    // Of a hundred times one is beyond 99 %: what is beyond that is the longest and no more.
    let nines = all.iter().map(|(_, _, times)| times.count().ilog10()).max().unwrap_or(1).clamp(1, 5);
    let x = |step: u32| place(f64::from(step) / f64::from(nines * STEPS), LEFT, RIGHT);
    let at = |times: &Times, step: u32| times.at_us(1.0 - 10_f64.powf(-f64::from(step) / f64::from(STEPS)));
    let steps = || 0..=nines * STEPS;
    let scale = Logarithmic::of(all.iter().flat_map(|(_, _, times)| steps().map(|step| at(times, step))));
    let lines = all.iter().map(|(name, look, times)| {
        let points: Vec<String> = steps().map(|step| point(x(step), scale.place(at(times, step)))).collect();
        Line { name: name.clone(), look: look.clone(), pieces: vec![points.join(" ")] }
    });
    Chart {
        caption: caption.to_owned(),
        lines: lines.collect(),
        across: (0..=nines).zip(LABELS).map(|(nine, label)| tick(x(nine * STEPS), label.to_owned())).collect(),
        up: scale.ticks(),
    }
}

fn drawn(all: Vec<Series>, line: impl Fn(&[(u64, u64)]) -> Vec<String>) -> Vec<Line> {
    let drawn = all.into_iter().map(|one| Line { pieces: line(&one.seconds), name: one.name, look: one.look });
    drawn.filter(|line| !line.pieces.is_empty()).collect()
}

fn last(all: &[Series]) -> u64 {
    all.iter().flat_map(|one| &one.seconds).map(|(second, _)| *second).max().unwrap_or(0).max(1)
}

fn most(all: &[Series]) -> u64 {
    all.iter().flat_map(|one| &one.seconds).map(|(_, value)| *value).max().unwrap_or(0)
}

fn seconds(last: u64) -> Vec<Tick> {
    let x = |second: u64| place(float(second) / float(last), LEFT, RIGHT);
    grid(last, stride(last)).map(|at| tick(x(at), format!("{at} s"))).collect()
}

/// The points of a line; one alone is drawn as a dot, which a line to itself is.
fn points(seconds: &[(u64, u64)], last: u64, y: impl Fn(u64) -> f64) -> String {
    let x = |second: u64| place(float(second) / float(last), LEFT, RIGHT);
    let mut all: Vec<String> = seconds.iter().map(|(second, value)| point(x(*second), y(*value))).collect();
    if let [only] = all.as_slice() {
        all.push(only.clone());
    }
    all.join(" ")
}

/// Of a line of more seconds than there are pixels, the least and the greatest of each few.
fn thinned(piece: &[(u64, u64)], of: usize) -> Vec<(u64, u64)> {
    if of <= POINTS {
        return piece.to_vec();
    }
    let few = |few: &[(u64, u64)]| {
        let least = few.iter().min_by_key(|(_, value)| *value).copied();
        let greatest = few.iter().max_by_key(|(_, value)| *value).copied();
        let mut both: Vec<(u64, u64)> = least.into_iter().chain(greatest).collect();
        both.sort_unstable();
        both.dedup();
        both
    };
    piece.chunks(of.div_ceil(POINTS / 2)).flat_map(few).collect()
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

/// An axis of times on which each power of ten takes as much room as the next.
struct Logarithmic {
    marks: Vec<u64>,
}

impl Logarithmic {
    /// One that embraces these times, in microseconds.
    fn of(all: impl Iterator<Item = u64>) -> Self {
        let known: Vec<u64> = all.filter(|us| *us > 0).collect();
        let bound = |us: Option<&u64>| us.copied().unwrap_or(1);
        Self { marks: marks(bound(known.iter().min()), bound(known.iter().max())) }
    }

    fn place(&self, us: u64) -> f64 {
        let bound = |us: Option<&u64>| float(us.copied().unwrap_or(1)).log10();
        let (low, high) = (bound(self.marks.first()), bound(self.marks.last()));
        place((float(us.max(1)).log10() - low) / (high - low), FOOT, TOP)
    }

    fn ticks(&self) -> Vec<Tick> {
        self.marks.iter().map(|us| tick(self.place(*us), duration(*us))).collect()
    }
}

/// `0.5 ms`, `200 ms`, `10 s`.
fn duration(us: u64) -> String {
    if us < 1_000_000 { format!("{} ms", float(us) / 1e3) } else { format!("{} s", float(us) / 1e6) }
}

fn grid(most: u64, stride: u64) -> impl Iterator<Item = u64> {
    (0..=most / stride).map(move |step| step * stride)
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

    fn series(seconds: &[(u64, u64)]) -> Vec<Series> {
        vec![Series { name: "login".into(), look: look(6), seconds: seconds.to_vec() }]
    }

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
    fn a_time_is_told_in_few_characters() {
        assert_eq!(
            [1, 500, 200_000, 1_000_000, 50_000_000].map(duration),
            ["0.001 ms", "0.5 ms", "200 ms", "1 s", "50 s"]
        );
    }

    #[test]
    fn a_stall_is_drawn_at_the_foot_and_breaks_a_line_of_times() {
        assert_eq!(with_stalls(&[(0, 5), (1, 4), (5, 3)]), [(0, 5), (1, 4), (2, 0), (4, 0), (5, 3)]);
        let seconds = [(0, 1000), (1, 1000), (2, 0), (5, 2000)];
        let chart = times("p99", series(&seconds));
        assert_eq!(chart.lines[0].pieces.len(), 2, "{:?}", chart.lines[0].pieces);
        assert_eq!(chart.lines[0].pieces[1].split(' ').count(), 2, "one second alone is a dot");
        assert_eq!((numbers("rate", series(&seconds)).lines[0].pieces.len(), chart.lines[0].look.as_str()), (1, "s0"));
    }

    #[test]
    fn a_day_is_drawn_with_as_many_points_as_a_page_has_pixels_and_keeps_its_peak() {
        let day: Vec<(u64, u64)> = (0..86_400).map(|second| (second, if second == 7 { 900 } else { 1 })).collect();
        let thin = thinned(&day, day.len());
        assert!(thin.len() <= 1000 && thin.contains(&(7, 900)), "{} points", thin.len());
        let once = times("p99", series(&day)).lines[0].pieces.len();
        assert_eq!(once, 1, "what was thinned out is no gap");
    }
}
