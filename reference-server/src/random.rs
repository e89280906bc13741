//! Unguessable bytes.

use std::cell::RefCell;

use aws_lc_rs::rand;

use crate::refusal::Refusal;

/// `N` bytes from the operating system's seeded generator.
///
/// They are drawn some thousand at a time, because a draw of sixteen costs as much as one of hundreds; each is given out
/// once.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Refusal> {
    thread_local! {
        static DRAWN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    DRAWN.with_borrow_mut(|drawn| {
        if drawn.len() < N {
            drawn.resize(AT_A_TIME.max(N), 0);
            if rand::fill(drawn).is_err() {
                drawn.clear();
                return Err(Refusal::server_error());
            }
        }
        let mut given = [0; N];
        let rest = drawn.len() - N;
        given.copy_from_slice(&drawn[rest..]);
        drawn.truncate(rest);
        Ok(given)
    })
}

const AT_A_TIME: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_given_out_twice() {
        let mut drawn: Vec<[u8; 16]> = (0..1000).map(|_| bytes().unwrap()).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 1000);
        assert_ne!(bytes::<1000>().unwrap()[..500], bytes::<1000>().unwrap()[..500]);
    }
}
