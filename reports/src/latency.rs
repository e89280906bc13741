//! Latency as a record keeps it: histograms of 3 digits, in microseconds.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::serialization::{DeserializeError, Deserializer, Serializer, V2Serializer};
use hdrhistogram::{AdditionError, Histogram};

/// The quantiles that every report shows.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// The quantiles of [`QUANTILES`] and the greatest value, as reports name them.
pub const QUANTILE_NAMES: [&str; QUANTILES.len() + 1] = ["p50", "p90", "p99", "p99.9", "max"];

/// How long something took, each time that it was done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Times(Option<Histogram<u64>>);

impl Times {
    /// Adds what a histogram holds.
    ///
    /// # Errors
    /// It holds more than can be added up.
    pub fn add(&mut self, more: &Histogram<u64>) -> Result<(), AdditionError> {
        self.0.get_or_insert_with(|| growing_like(more)).add(more)
    }

    /// Adds the times of another.
    ///
    /// # Errors
    /// There are more than can be added up.
    pub fn join(&mut self, other: &Self) -> Result<(), AdditionError> {
        other.0.as_ref().map_or(Ok(()), |more| self.add(more))
    }

    /// How many they are.
    pub fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, Histogram::len)
    }

    /// The time at a quantile, in microseconds; 0 where there is none.
    pub fn at_us(&self, quantile: f64) -> u64 {
        self.0.as_ref().map_or(0, |all| all.value_at_quantile(quantile))
    }

    /// The longest, in microseconds.
    pub fn max_us(&self) -> u64 {
        self.0.as_ref().map_or(0, Histogram::max)
    }

    /// The mean, in microseconds.
    pub fn mean_us(&self) -> f64 {
        self.0.as_ref().map_or(0.0, Histogram::mean)
    }

    /// Whether there are so many that one at least is longer than the time at a quantile. Of fewer that is the longest.
    #[expect(clippy::cast_precision_loss, reason = "a count is compared with a thousand")]
    pub fn reach(&self, quantile: f64) -> bool {
        // A quantile of 0.99 is a little more than that to a computer.
        self.count() as f64 * (1.0 - quantile) >= 1.0 - 1e-6
    }

    /// What every report shows, in microseconds in the order of [`QUANTILE_NAMES`]: a quantile only where there are enough times
    /// for it.
    pub fn shown_us(&self) -> [Option<u64>; QUANTILE_NAMES.len()] {
        let [p50, p90, p99, p999] = QUANTILES.map(|at| self.reach(at).then(|| self.at_us(at)));
        [p50, p90, p99, p999, (self.count() > 0).then(|| self.max_us())]
    }

    /// What is told of them where there is room for one figure, in microseconds with its name: the 99th percentile, or of fewer
    /// than a hundred the longest.
    pub fn high_us(&self) -> (&'static str, u64) {
        if self.reach(0.99) { ("p99", self.at_us(0.99)) } else { ("max", self.max_us()) }
    }
}

fn growing_like(one: &Histogram<u64>) -> Histogram<u64> {
    let mut empty = Histogram::new_from(one);
    empty.auto(true);
    empty
}

/// A histogram as [`Window::latency_us`](crate::record::Window::latency_us) keeps it: V2 serialisation in base64.
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

    #[test]
    fn what_is_written_is_read() {
        let written = histogram(&[1, 900, 70_000, 2_000_000]);
        assert_eq!(decode(&encode(&written)).expect("it was just written"), written);
        assert_eq!(decode(&encode(&histogram(&[]))).expect("an empty one is one too").len(), 0);
    }

    #[test]
    fn times_of_any_range_are_added_up() {
        let mut all = Times::default();
        assert_eq!((all.count(), all.at_us(0.5), all.shown_us()), (0, 0, [None; 5]));
        let short = Histogram::new_with_bounds(1, 2, 3).expect("bounds that are allowed");
        all.add(&short).expect("an empty one adds nothing");
        assert_eq!((all.count(), all.shown_us()), (0, [None; 5]));
        all.add(&histogram(&[1000, 2000, 3000])).expect("few");
        let mut twice = all.clone();
        twice.join(&all).expect("few");
        assert_eq!((twice.count(), twice.at_us(0.5), twice.max_us()), (6, 2000, 3001));
        assert!((twice.mean_us() - 2000.0).abs() < 2.0, "within 3 digits of 2 ms, not {}", twice.mean_us());
    }

    #[test]
    fn a_quantile_is_shown_of_as_many_times_as_it_takes_to_be_none_of_the_longest() {
        for (count, shown) in [(1, 0), (2, 1), (9, 1), (10, 2), (99, 2), (100, 3), (999, 3), (1000, 4)] {
            let mut all = Times::default();
            all.add(&histogram(&vec![1000; count])).expect("few");
            let [quantiles @ .., max] = all.shown_us();
            assert_eq!((quantiles.iter().flatten().count(), max), (shown, Some(1000)), "of {count}");
            assert_eq!(all.high_us().0, if count < 100 { "max" } else { "p99" });
        }
    }

    #[test]
    fn a_histogram_of_elsewhere_is_read_with_care() {
        let whole = BASE64_STANDARD.decode(encode(&histogram(&[1000]))).expect("it was just written");
        let mut endless = whole.clone();
        endless.truncate(40);
        endless.extend([0xFF; 9]);
        endless[4..8].copy_from_slice(&9_u32.to_be_bytes());
        let mut greedy = whole.clone();
        greedy[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
        for bytes in [&b""[..], b"HISTFAAA", &whole[..12], &endless, &greedy] {
            assert!(decode(&BASE64_STANDARD.encode(bytes)).is_err(), "{bytes:?}");
        }
        assert!(decode("not base64").is_err());
    }
}
