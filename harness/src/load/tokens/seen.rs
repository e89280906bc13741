//! Fingerprints that were seen, in as little memory as they need.

/// How full a table gets, and by how much it grows then: it takes 13.7 to 16.5 bytes a fingerprint, 15 on average. Twice the
/// size at a time, as the standard library grows, would be up to 27.
const FULL: (usize, usize) = (7, 8);
const GROWTH: (usize, usize) = (6, 5);

/// The first size of a table.
const SMALLEST: usize = 16;

/// Tables, as a power of two. Each grows by itself, so that nobody waits while millions are put in their new places at once.
const TABLES: u32 = 8;

/// A set of fingerprints, each with a tag. A fingerprint is evenly spread by itself: its first bits tell its table.
#[derive(Debug)]
pub(super) struct Seen(Vec<Table>);

/// The place of a fingerprint is its share of the greatest one, so that a table stays nearly sorted, and growing reads and
/// writes it in order.
#[derive(Debug)]
struct Table {
    /// 0 where there is none.
    fingerprints: Vec<u64>,
    tags: Vec<u32>,
    /// How many there are.
    count: usize,
}

impl Seen {
    /// None seen.
    pub(super) fn new() -> Self {
        Self((0..1 << TABLES).map(|_| Table::sized(SMALLEST)).collect())
    }

    /// The tag that a fingerprint had when it was seen before; where it was not, it is kept with this one.
    pub(super) fn meet(&mut self, fingerprint: u64, tag: u32) -> Option<u32> {
        let table = usize::try_from(fingerprint >> (u64::BITS - TABLES)).expect("so few bits fit");
        self.0[table].meet(fingerprint, tag)
    }

    /// How many there are.
    fn count(&self) -> usize {
        self.0.iter().map(|table| table.count).sum()
    }

    /// How likely it is that two of them are the same by chance: about n²/2 pairs, each with one chance in 2^64.
    #[expect(clippy::cast_precision_loss, reason = "odds are told in two digits")]
    pub(super) fn odds(&self) -> f64 {
        let count = self.count() as f64;
        (count * count / 2_f64.powi(65)).min(1.0)
    }
}

impl Table {
    fn sized(size: usize) -> Self {
        Self { fingerprints: vec![0; size], tags: vec![0; size], count: 0 }
    }

    fn meet(&mut self, fingerprint: u64, tag: u32) -> Option<u32> {
        // 0 stands for none: it and 1 are one.
        let fingerprint = fingerprint.max(1);
        if self.count * FULL.1 >= self.fingerprints.len() * FULL.0 {
            self.grow();
        }
        let place = self.place(fingerprint);
        if self.fingerprints[place] == fingerprint {
            return Some(self.tags[place]);
        }
        self.put(place, fingerprint, tag);
        None
    }

    /// Where a fingerprint is, or where it belongs.
    fn place(&self, fingerprint: u64) -> usize {
        let size = self.fingerprints.len();
        #[expect(clippy::cast_possible_truncation, reason = "a share of the size is no more than the size")]
        let mut place = ((u128::from(fingerprint << TABLES) * size as u128) >> u64::BITS) as usize;
        while self.fingerprints[place] != 0 && self.fingerprints[place] != fingerprint {
            place = if place + 1 == size { 0 } else { place + 1 };
        }
        place
    }

    fn put(&mut self, place: usize, fingerprint: u64, tag: u32) {
        (self.fingerprints[place], self.tags[place]) = (fingerprint, tag);
        self.count += 1;
    }

    fn grow(&mut self) {
        let mut larger = Self::sized(self.fingerprints.len() * GROWTH.0 / GROWTH.1);
        for (fingerprint, tag) in self.fingerprints.iter().zip(&self.tags).filter(|(fingerprint, _)| **fingerprint != 0)
        {
            larger.put(larger.place(*fingerprint), *fingerprint, *tag);
        }
        *self = larger;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Evenly spread, and another one for each number (the finisher of `SplitMix64`).
    fn spread(number: u64) -> u64 {
        let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    impl Table {
        fn bytes(&self) -> usize {
            size_of::<Self>()
                + self.fingerprints.capacity() * size_of::<u64>()
                + self.tags.capacity() * size_of::<u32>()
        }
    }

    #[test]
    fn a_million_are_each_met_once_in_sixteen_bytes_on_average() {
        let mut seen = Seen::new();
        let (mut most, mut sum, mut looks) = (0.0_f64, 0.0, 0.0);
        for number in 0..1_000_000_u32 {
            assert_eq!(seen.meet(spread(number.into()), number), None, "{number}");
            if number >= 50_000 && number % 1000 == 0 {
                let bytes: usize = seen.0.iter().map(Table::bytes).sum();
                let each = f64::from(u32::try_from(bytes).expect("a few million")) / f64::from(number);
                (most, sum, looks) = (most.max(each), sum + each, looks + 1.0);
            }
        }
        assert!(sum / looks <= 16.0 && most <= 17.0, "{} bytes on average, {most} at most", sum / looks);
        for number in (0..1_000_000_u32).step_by(777) {
            assert_eq!(seen.meet(spread(number.into()), 0), Some(number), "its first tag stays");
        }
        assert_eq!(seen.count(), 1_000_000);
    }

    #[test]
    fn fingerprints_at_both_ends_are_told_apart() {
        let mut seen = Seen::new();
        let ends = [u64::MAX, u64::MAX - 1, u64::MAX - 2, 1, 2, 3];
        for (tag, end) in (0..).zip(ends) {
            assert_eq!(seen.meet(end, tag), None, "{end}");
        }
        let again: Vec<_> = ends.iter().map(|end| seen.meet(*end, 9)).collect();
        assert_eq!(again, [0, 1, 2, 3, 4, 5].map(Some));
        assert_eq!(seen.meet(0, 9), Some(3), "it counts as 1");
    }

    #[test]
    fn the_odds_of_chance_are_those_of_the_birthday() {
        let mut seen = Seen::new();
        assert!(seen.odds().abs() < f64::EPSILON);
        for number in 0..1000 {
            seen.meet(spread(number), 0);
        }
        let wanted = 1e6 / 36_893_488_147_419_103_232.0;
        assert!((seen.odds() / wanted - 1.0).abs() < 1e-9, "{}", seen.odds());
    }
}
