//! The small grammars that texts of an answer are held against.

/// The names of a week's days (RFC 9110 section 5.6.7).
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The names of a year's months.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `IMF-fixdate`, the one form of a date that is sent (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn is_imf_fixdate(text: &str) -> bool {
    // A digit for each 0, a letter for each a, anything else as it is.
    const FORM: &[u8] = b"aaa, 00 aaa 0000 00:00:00 GMT";
    let is_of = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_alphabetic(),
        _ => byte == *form,
    };
    text.len() == FORM.len()
        && text.bytes().zip(FORM).all(is_of)
        && DAYS.contains(&&text[..3])
        && MONTHS.contains(&&text[8..11])
}

/// A character of a `token` (RFC 9110 section 5.6.2).
pub(crate) fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// `1*name-char` (RFC 6749 appendix A): a parameter's name, or that of a grant or token type.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

/// `URI-reference` (RFC 3986 section 4.1), as far as its characters and its first colon tell.
pub(crate) fn is_uri_reference(text: &str) -> bool {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let may_stand = match c {
            '%' => [rest.next(), rest.next()].iter().all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            c => c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=".contains(c),
        };
        if !may_stand {
            return false;
        }
    }
    // A first segment with a colon would be read as a scheme (section 4.2).
    text.matches('#').count() < 2 && (!first_segment(text).contains(':') || scheme(text).is_some())
}

/// A URI that names its scheme (RFC 3986 section 4.3).
pub(crate) fn is_absolute_uri(text: &str) -> bool {
    is_uri_reference(text) && scheme(text).is_some()
}

fn first_segment(text: &str) -> &str {
    text.split(['/', '?', '#']).next().unwrap_or_default()
}

fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = first_segment(text).split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_of_a_date_is_right() {
        assert!(is_imf_fixdate("Sun, 06 Nov 1994 08:49:37 GMT"));
        let others = ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 6 Nov 1994 08:49:37 GMT"];
        let odd = ["Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "60", ""];
        for text in others.into_iter().chain(odd) {
            assert!(!is_imf_fixdate(text), "{text}");
        }
    }

    #[test]
    fn uris_and_what_refers_to_them() {
        for text in ["https://as.example/why?code=1#a", "urn:ietf:params:oauth:token-type:x", "mailto:a@b.example"] {
            assert!(is_uri_reference(text) && is_absolute_uri(text), "{text}");
        }
        for text in ["/why", "why", "//as.example", "?a:b", "./a:b", "a/b:c", "%7Ewhy", ""] {
            assert!(is_uri_reference(text) && !is_absolute_uri(text), "{text}");
        }
        for text in ["a b", "https://as.example/%zz", "/100%", "1a:b", ":a", "a#b#c", "é", "<a>"] {
            assert!(!is_uri_reference(text), "{text}");
        }
    }

    #[test]
    fn names_have_no_space_and_no_colon() {
        assert!(is_name("access_token") && is_name("x-1.a"));
        assert!(["", "a b", "a:b", "é"].into_iter().all(|text| !is_name(text)));
    }
}
