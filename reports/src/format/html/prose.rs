//! Sentences on the page: what stands between backticks is code.

use askama::filters::{Html, Safe, escape};

/// A sentence of this program's own words, escaped, with each `name` in it marked as what it is. A backtick without another
/// one stays one. What was said and heard is no sentence: there a backtick is itself.
pub(super) fn html(sentence: impl AsRef<str>) -> Safe<String> {
    let Ok(escaped) = escape(sentence.as_ref(), Html);
    let escaped = escaped.to_string();
    let (mut html, mut rest) = (String::with_capacity(escaped.len()), escaped.as_str());
    while let Some((before, after)) = rest.split_once('`') {
        html.push_str(before);
        rest = match after.split_once('`').filter(|(name, _)| !name.is_empty()) {
            Some((name, behind)) => {
                html.extend(["<code>", name, "</code>"]);
                behind
            }
            None => {
                html.push('`');
                after
            }
        };
    }
    html.push_str(rest);
    Safe(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code_and_nothing_is_markup() {
        for (sentence, told) in [
            (
                "write `limits: { … }`, or `errors < 1 %`.",
                "write <code>limits: { … }</code>, or <code>errors &#60; 1 %</code>.",
            ),
            ("no name", "no name"),
            ("``` one` two", "``<code> one</code> two"),
            ("alone ` in it", "alone ` in it"),
            ("`<b>`</code>`\"`", "<code>&#60;b&#62;</code>&#60;/code&#62;<code>&#34;</code>"),
            ("`", "`"),
            ("", ""),
        ] {
            assert_eq!(html(sentence).0, told, "{sentence}");
        }
    }
}
