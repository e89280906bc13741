//! Windows of a load run folded into latency by step.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{DeserializeError, Deserializer, Serializer, V2Serializer};

use crate::record::Window;

/// What a load run measured of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepLoad {
    /// The step.
    pub step: String,
    /// Exchanges.
    pub count: u64,
    /// Exchanges a second, from the first second in which the step was seen to the last; a stall in between counts.
    pub rate: f64,
    /// Latency in microseconds: at the quantiles of [`QUANTILES`].
    pub quantiles_us: [u64; QUANTILES.len()],
    /// The greatest latency, in microseconds.
    pub max_us: u64,
    /// Exchanges by status; `0` stands for those without an answer.
    pub statuses: BTreeMap<u16, u64>,
    /// Exchanges that the server failed: no answer came, or one with a status of 500 and above.
    pub errors: u64,
    /// Findings that broke a promise.
    pub broken: u64,
    /// Exchanges of each second, in order.
    pub per_second: Vec<(u64, u64)>,
    /// Windows whose histogram could not be read: their exchanges are counted, their latency is missing.
    pub unreadable: u64,
}

/// The quantiles that every report shows.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// The quantiles of [`QUANTILES`] and the greatest value, as reports name them.
pub const QUANTILE_NAMES: [&str; QUANTILES.len() + 1] = ["p50", "p90", "p99", "p99.9", "max"];

impl StepLoad {
    /// Latency in microseconds in the order of [`QUANTILE_NAMES`].
    pub fn latencies_us(&self) -> [u64; QUANTILE_NAMES.len()] {
        let [p50, p90, p99, p999] = self.quantiles_us;
        [p50, p90, p99, p999, self.max_us]
    }
}

/// A histogram as [`Window::latency_us`] keeps it: V2 serialisation in base64.
///
/// One that has no V2 form (a count beyond `i64::MAX`) becomes the empty string, which no reader takes
/// for a histogram.
pub fn encode(histogram: &Histogram<u64>) -> String {
    let mut bytes = Vec::new();
    V2Serializer::new()
        .serialize(histogram, &mut bytes)
        .map(|_length| BASE64_STANDARD.encode(bytes))
        .unwrap_or_default()
}

/// Why a histogram of a record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The text is not base64.
    #[error("it is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// The bytes are not a V2 histogram of the precision and range that [`encode`]'s callers use.
    #[error("it is not a V2 histogram of 3 digits")]
    Shape,
    /// The counts do not fit the histogram.
    #[error("its counts cannot be read: {0}")]
    Counts(#[from] DeserializeError),
    /// More exchanges than one second can hold.
    #[error("it counts {0} exchanges in one second")]
    Absurd(u64),
}

/// Reads what [`encode`] wrote.
///
/// A record may come from anywhere, so its header is read first: a histogram that asks for more memory
/// than its own bytes, or for a range that no latency has, is refused before it is built.
pub fn decode(text: &str) -> Result<Histogram<u64>, Unreadable> {
    let bytes = BASE64_STANDARD.decode(text)?;
    if !sound(&bytes).unwrap_or(false) {
        return Err(Unreadable::Shape);
    }
    let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice())?;
    if histogram.len() > MOST_IN_A_SECOND { Err(Unreadable::Absurd(histogram.len())) } else { Ok(histogram) }
}

/// Far above what any generator sends, and far below what would overflow the sum over a run.
const MOST_IN_A_SECOND: u64 = 1 << 32;

/// The greatest range that is read: 2⁴² microseconds, 51 days.
const WIDEST_US: u64 = 1 << 42;

/// Whether the header of a V2 histogram promises one that can be built safely; `None` where it is too short.
fn sound(bytes: &[u8]) -> Option<bool> {
    // cookie 4, length of the counts 4, normalising offset 4, digits 4, lowest 8, highest 8, ratio 8
    let (header, counts) = bytes.split_at_checked(40)?;
    let length = u32::from_be_bytes(*header[4..].first_chunk()?);
    let digits = u32::from_be_bytes(*header[12..].first_chunk()?);
    let lowest = u64::from_be_bytes(*header[16..].first_chunk()?);
    let highest = u64::from_be_bytes(*header[24..].first_chunk()?);
    // Nine 0xFF bytes are the zigzag of i64::MIN, a run of zeros whose length has no positive form.
    let endless = counts.windows(9).any(|nine| nine.iter().all(|byte| *byte == 0xFF));
    Some(
        usize::try_from(length).ok()? == counts.len() && digits == 3 && lowest == 1 && highest <= WIDEST_US && !endless,
    )
}

/// The steps of a load run in the order of their names.
pub(crate) fn by_step(windows: &[Window]) -> Vec<StepLoad> {
    let mut steps: BTreeMap<&str, Vec<&Window>> = BTreeMap::new();
    for window in windows {
        steps.entry(&window.step).or_default().push(window);
    }
    steps.into_iter().map(|(step, windows)| fold(step, &windows)).collect()
}

fn fold(step: &str, windows: &[&Window]) -> StepLoad {
    let mut latency: Option<Histogram<u64>> = None;
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    let mut seconds: BTreeMap<u64, u64> = BTreeMap::new();
    let (mut broken, mut unreadable) = (0_u64, 0_u64);
    for window in windows {
        let mut answers = 0_u64;
        for (status, count) in &window.statuses {
            answers = answers.saturating_add(*count);
            add(statuses.entry(*status).or_default(), *count);
        }
        add(seconds.entry(window.second).or_default(), answers);
        add(&mut broken, window.broken);
        match decode(&window.latency_us) {
            Ok(one) => {
                let all = latency.get_or_insert_with(|| growing_like(&one));
                if all.add(&one).is_err() {
                    unreadable += 1;
                }
            }
            Err(_) => unreadable += 1,
        }
    }
    let count = statuses.values().fold(0, |sum: u64, count| sum.saturating_add(*count));
    let errors = statuses.iter().filter(|(status, _)| **status == 0 || **status >= 500).map(|(_, count)| *count);
    StepLoad {
        step: step.to_owned(),
        count,
        rate: rate(count, &seconds),
        quantiles_us: QUANTILES.map(|at| latency.as_ref().map_or(0, |all| all.value_at_quantile(at))),
        max_us: latency.as_ref().map_or(0, Histogram::max),
        errors: errors.fold(0, u64::saturating_add),
        statuses,
        broken,
        per_second: seconds.into_iter().collect(),
        unreadable,
    }
}

fn growing_like(one: &Histogram<u64>) -> Histogram<u64> {
    let mut empty = Histogram::new_from(one);
    empty.auto(true);
    empty
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

#[expect(clippy::cast_precision_loss, reason = "a rate is printed with one decimal")]
fn rate(count: u64, seconds: &BTreeMap<u64, u64>) -> f64 {
    match (seconds.keys().next(), seconds.keys().next_back()) {
        (Some(first), Some(last)) => count as f64 / ((last - first) as f64 + 1.0),
        (Some(_) | None, _) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: &[u64]) -> Histogram<u64> {
        let mut histogram = Histogram::new(3).expect("3 digits are allowed");
        for value in values {
            histogram.record(*value).expect("an auto-resizing histogram takes any value");
        }
        histogram
    }

    fn window(second: u64, status: u16, values: &[u64]) -> Window {
        Window {
            second,
            step: "login".into(),
            statuses: BTreeMap::from([(status, values.len() as u64)]),
            broken: 1,
            latency_us: encode(&histogram(values)),
            ..Window::default()
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let written = histogram(&[1, 900, 70_000, 2_000_000]);
        assert_eq!(decode(&encode(&written)).expect("it was just written"), written);
        assert_eq!(decode(&encode(&histogram(&[]))).expect("an empty one is one too").len(), 0);
    }

    #[test]
    fn seconds_add_up_and_a_stall_lowers_the_rate() {
        let windows = [window(3, 200, &[1000, 2000]), window(6, 503, &[9000]), window(6, 0, &[30_000])];
        let steps = by_step(&windows);
        let [login] = steps.as_slice() else { panic!("one step, not {steps:?}") };
        assert_eq!((login.count, login.errors, login.broken, login.unreadable), (4, 2, 3, 0));
        assert!((login.rate - 1.0).abs() < f64::EPSILON, "4 exchanges in seconds 3 to 6, not {}", login.rate);
        assert_eq!(login.per_second, [(3, 2), (6, 2)]);
        assert_eq!(login.quantiles_us[0], 2000);
        assert_eq!(login.max_us, 30_015, "within 3 digits of 30 ms");
    }

    #[test]
    fn a_broken_histogram_is_counted_and_its_exchanges_stay() {
        let whole = encode(&histogram(&[1000]));
        let mut endless = BASE64_STANDARD.decode(&whole).expect("it was just written");
        endless.truncate(40);
        endless.extend([0xFF; 9]);
        endless[4..8].copy_from_slice(&9_u32.to_be_bytes());
        let mut greedy = BASE64_STANDARD.decode(&whole).expect("it was just written");
        greedy[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
        let broken = [
            String::new(),
            "not base64".into(),
            BASE64_STANDARD.encode("HISTFAAA"),
            whole[..12].into(),
            BASE64_STANDARD.encode(endless),
            BASE64_STANDARD.encode(greedy),
        ];
        for text in broken {
            let bad = Window { latency_us: text.clone(), ..window(0, 200, &[1000]) };
            let steps = by_step(&[bad, window(1, 200, &[5000])]);
            assert_eq!((steps[0].count, steps[0].unreadable), (2, 1), "{text}");
            assert_eq!(steps[0].quantiles_us[0], 5003, "{text}");
        }
    }

    #[test]
    fn numbers_too_great_to_add_stay_numbers() {
        let mut greatest = window(u64::MAX, 0, &[1]);
        greatest.statuses.insert(200, u64::MAX);
        greatest.broken = u64::MAX;
        let steps = by_step(&[window(0, 200, &[1]), greatest]);
        assert_eq!((steps[0].count, steps[0].broken), (u64::MAX, u64::MAX));
    }
}
