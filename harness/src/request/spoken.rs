//! What a request speaks of that must not stand in its answer.

use std::borrow::Cow;

use super::template::{Content, Part, Template};
use super::{Filler, Ink};
use crate::captures::Captures;
use crate::drawn::Drawn;

/// The values of a request that hold a secret, as they are and as marks: what must not stand in its answer.
pub(crate) fn spoken<'t>(template: &'t Template, drawn: &Drawn, kept: &Captures) -> Cow<'t, [(String, String)]> {
    match template.filled.spoken.get() {
        Some(spoken) => Cow::Borrowed(spoken),
        None if template.is_settled() => {
            Cow::Borrowed(template.filled.spoken.get_or_init(|| spoken_of(template, drawn, kept)))
        }
        None => Cow::Owned(spoken_of(template, drawn, kept)),
    }
}

fn spoken_of(template: &Template, drawn: &Drawn, kept: &Captures) -> Vec<(String, String)> {
    let parameters = match &template.body {
        Content::Form(all) | Content::Json(all) | Content::Multipart(all) => all.as_slice(),
        Content::Raw(_) => &[],
    };
    // A secret as it is, and a kept value, are known without.
    let made = |part: &&Part| part.holds_secret() && part.piece().is_none();
    let parts = template.query.iter().chain(parameters).map(|(_, part)| part).filter(made);
    let text =
        |part: &Part, ink| Filler { drawn, kept, ink }.raw(part).map(|raw| String::from_utf8_lossy(&raw).into_owned());
    let both = |part| Some((text(part, Ink::Secrets).ok()?, text(part, Ink::Marks).ok()?));
    // Of a header it is what follows the scheme: `Basic` alone is no secret (RFC 9110 section 11.4). Credentials that come
    // twice or with something behind them are each looked for as they are.
    let headers = template.headers.iter().filter(|(_, part)| part.holds_secret());
    let credentials = headers.filter_map(|(_, part)| both(part)).flat_map(|(secret, mark)| {
        let (scheme, after) = secret.split_once(' ').unwrap_or_default();
        let mark = mark.split_once(' ').map(|(_, mark)| mark.trim_start().to_owned()).unwrap_or_default();
        let each = after.split([' ', ',']).map(|one| one.trim_end_matches('!'));
        let each = each.filter(|one| !one.is_empty() && *one != scheme).map(|one| (one.to_owned(), mark.clone()));
        each.collect::<Vec<_>>()
    });
    let all = parts.filter_map(both).chain(credentials).filter(|(secret, mark)| secret != mark);
    all.map(|(secret, mark)| (secret, mark.chars().map(harmless).collect())).collect()
}

/// A character of a mark, which may come to stand in a JSON text: what would end or break a string there is not shown.
fn harmless(c: char) -> char {
    if c.is_control() || matches!(c, '"' | '\\') { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::template::Piece;
    use crate::secret::Secret;

    #[test]
    fn a_mark_breaks_no_json_text() {
        let cut = Part::Text(vec![
            Piece::Secret("alice.password".into(), Secret::new("wonderland")),
            Piece::Plain("\0\"x".into()),
        ]);
        let form = Template::to_token(Content::Form(vec![("password".into(), cut)]), vec![]);
        let spoken = spoken(&form, &Drawn::none(), &Captures::default());
        assert_eq!(*spoken, [("wonderland\0\"x".to_owned(), "⟦alice.password⟧\u{fffd}\u{fffd}x".to_owned())]);
    }
}
