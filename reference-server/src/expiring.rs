//! A map whose entries come to an end.

use std::collections::HashMap;
use std::hash::Hash;

/// Holds entries until they have ended and no longer than it takes to double what is left: memory is bounded by what is
/// still of use, without a search at every turn.
pub(crate) struct Expiring<K, V> {
    entries: HashMap<K, (V, u64)>,
    sweep_beyond: usize,
}

/// Fewer entries than these are not worth a search.
const FEW: usize = 1024;

impl<K, V> Default for Expiring<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), sweep_beyond: FEW }
    }
}

impl<K: Eq + Hash, V> Expiring<K, V> {
    /// Keeps an entry until `ends_at` at least; both times in Unix seconds.
    pub(crate) fn insert(&mut self, key: K, value: V, ends_at: u64, now: u64) {
        self.entries.insert(key, (value, ends_at));
        if self.entries.len() > self.sweep_beyond {
            self.entries.retain(|_, (_, ends_at)| *ends_at > now);
            self.sweep_beyond = FEW.max(2 * self.entries.len());
        }
    }

    /// An entry that may have ended, but not long ago.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(value, _)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_makes_room_and_what_has_not_stays() {
        let mut map = Expiring::default();
        for second in 0..100_000 {
            map.insert(second, (), second + 10, second);
            assert!(map.get(&second.saturating_sub(9)).is_some());
            assert!(map.entries.len() <= FEW + 1);
        }
    }

    #[test]
    fn it_grows_as_far_as_it_must() {
        let mut map = Expiring::default();
        for key in 0..5000 {
            map.insert(key, key, 100, 0);
        }
        assert!((0..5000).all(|key| map.get(&key) == Some(&key)));
    }
}
