//! HTTP Basic credentials (RFC 7617 section 2), as they are written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ropcheck_reports::drawn::{Slip, Way, Writing};

use super::Filler;
use super::spelling::{form_encoded, spelt};
use super::stretch::{ENCODED, Stretch, write};
use super::template::{Pair, Part};
use crate::scenario::send::Encoding;

impl Filler<'_> {
    /// The value of an `Authorization` header.
    pub(super) fn basic(
        &self,
        Writing { scheme, spaces, ways, slip }: &Writing,
        pair: &Pair,
    ) -> Result<Vec<Stretch>, String> {
        let colon = || Stretch::Bytes(if *slip == Some(Slip::NoColon) { vec![] } else { b":".to_vec() });
        let mut pair = match pair {
            Pair::Whole(part) => self.stretches(part)?,
            Pair::Joined(id, secret, encoding) => {
                let encode = |part: &Part| -> Result<Vec<Stretch>, String> {
                    let stretches = self.stretches(part)?;
                    Ok(stretches.into_iter().map(|stretch| encoded(stretch, *encoding, ways)).collect())
                };
                let mut joined = encode(id)?;
                joined.push(colon());
                joined.extend(encode(secret)?);
                joined
            }
        };
        if *slip == Some(Slip::Control) {
            pair.push(Stretch::Bytes(vec![0]));
        }
        let mut whole = Vec::new();
        write(&pair, &mut whole);
        // Base64 of a mark would tell a reader nothing: what it is made from is shown instead.
        let has_marks = pair.iter().any(|stretch| matches!(stretch, Stretch::Mark(_)));
        let shown = String::from_utf8_lossy(&whole).into_owned();
        let base64 = if has_marks { format!("base64({shown})") } else { STANDARD.encode(&whole) };
        let after = match slip {
            None | Some(Slip::NoColon | Slip::Control) => base64,
            Some(Slip::Alone) => return Ok(vec![Stretch::Bytes(scheme.clone().into_bytes())]),
            Some(Slip::Plain) => shown,
            Some(Slip::Alphabet) => format!("{base64}!"),
            // Five characters are one too many for four: no number of bytes is written so.
            Some(Slip::LeftOver) => format!("{}A", base64.trim_end_matches('=')),
            Some(Slip::Twice) => format!("{base64}, {scheme} {base64}"),
        };
        Ok(vec![Stretch::Bytes(format!("{scheme}{}{after}", " ".repeat(*spaces)).into_bytes())])
    }
}

/// A stretch of an identifier or secret as it stands before base64.
fn encoded(stretch: Stretch, encoding: Encoding, ways: &[Way]) -> Stretch {
    match (stretch, encoding) {
        (Stretch::Bytes(bytes), Encoding::Form) => Stretch::Bytes(spelt(&bytes, ways).into_bytes()),
        (Stretch::Bytes(bytes), Encoding::FormButColon) => {
            Stretch::Bytes(form_encoded(&bytes).replace("%3A", ":").into_bytes())
        }
        (Stretch::Mark(mark), Encoding::Form) if !ways.is_empty() => Stretch::Mark(format!("{mark}{ENCODED}")),
        (stretch, Encoding::Form | Encoding::FormButColon | Encoding::Raw) => stretch,
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;
    use crate::captures::Captures;
    use crate::drawn::Drawn;
    use crate::request::template::{Content, Piece, Template};
    use crate::request::{Ink, fill};
    use crate::secret::Secret;

    #[test]
    fn credentials_are_form_encoded_before_base64() {
        let part = |piece| Box::new(Part::Text(vec![piece]));
        let id = part(Piece::Plain("web app".into()));
        let secret = part(Piece::Secret("web.secret".into(), Secret::new("tü lip+")));
        let pair = Pair::Joined(id, secret, Encoding::Form);
        let basic = Part::Basic { scheme: "Basic".into(), pair, written: None };
        let request = Template::to_token(Content::Form(vec![]), vec![(header::AUTHORIZATION, basic)]);
        let value = |ink| {
            let filled = fill(&request, &Drawn::none(), &Captures::default(), ink).expect("nothing is kept or drawn");
            String::from_utf8(filled.headers()["authorization"].as_bytes().to_vec()).expect("text")
        };
        assert_eq!(value(Ink::Secrets), format!("Basic {}", STANDARD.encode("web+app:t%C3%BC+lip%2B")));
        assert_eq!(value(Ink::Marks), "Basic base64(web+app:⟦web.secret⟧)");
    }
}
