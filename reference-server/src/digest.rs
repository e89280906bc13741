//! What stands for text that is long, or that nobody should keep.

use aws_lc_rs::digest::{self, SHA256};

pub(crate) type Digest = [u8; 32];

/// SHA-256, which is as long as its place.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(digest::digest(&SHA256, bytes).as_ref());
    digest
}
