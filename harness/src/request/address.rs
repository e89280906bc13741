//! The URL of a request: a URI holds no marks, so they are percent-encoded in it, and read back for its reader.

use http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// A URL as a URI has it, with whatever is no visible ASCII percent-encoded.
pub(super) fn address(url: String) -> String {
    if url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return url;
    }
    url.chars().map(|c| if c.is_ascii_graphic() { c.to_string() } else { escaped(c) }).collect()
}

/// A URL as a reader sees it: marks in it read as marks again, everything else as it was sent.
pub fn shown_url(uri: &Uri) -> String {
    let (open, close) = (escaped('⟦'), escaped('⟧'));
    let text = uri.to_string();
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some((before, mark, after)) = rest
        .split_once(&open)
        .and_then(|(before, from)| from.split_once(&close).map(|(mark, after)| (before, mark, after)))
    {
        let mark = percent_decode_str(mark).decode_utf8_lossy();
        shown.push_str(&format!("{before}⟦{mark}⟧"));
        rest = after;
    }
    shown + rest
}

fn escaped(c: char) -> String {
    percent_encode(c.encode_utf8(&mut [0; 4]).as_bytes(), NON_ALPHANUMERIC).to_string()
}
