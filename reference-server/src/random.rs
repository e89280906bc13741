//! Unguessable bytes.

use crate::refusal::Refusal;
use aws_lc_rs::rand;

/// `N` bytes from the operating system's seeded generator.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut drawn = [0; N];
    rand::fill(&mut drawn).map_err(|_| Refusal::server_error())?;
    Ok(drawn)
}
