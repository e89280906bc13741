//! Unguessable bytes.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::refusal::Refusal;

/// `N` bytes from the operating system's seeded generator.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut drawn = [0; N];
    rand::fill(&mut drawn).map_err(|_| Refusal::server_error())?;
    Ok(drawn)
}

/// 128 bits as text: enough to tell any two tokens apart.
pub(crate) fn id() -> Result<String, Refusal> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<16>()?))
}
