//! A request or an answer as HTTP text.

use super::wording::{shorten, visible, visible_lines};
use crate::record::{Body, Heard, Request};

/// A request or an answer, its parts as they are written.
pub(crate) struct Message<'r> {
    /// The request line, the status, or why there is no answer.
    pub(crate) first: String,
    /// The headers, `name: value`.
    pub(crate) headers: Vec<String>,
    /// The body.
    body: Option<&'r Body>,
    /// Why the body is not whole.
    cut: Option<&'r str>,
}

impl<'r> Message<'r> {
    pub(crate) fn request(request: &'r Request) -> Self {
        Self {
            first: visible(&format!("{} {}", request.method, request.url)),
            headers: lines(&request.headers),
            body: Some(&request.body),
            cut: None,
        }
    }

    pub(crate) fn answer(heard: &'r Heard) -> Self {
        match heard {
            Heard::Answer(answer) => Self {
                first: format!("HTTP {}", answer.status),
                headers: lines(&answer.headers),
                body: Some(&answer.body),
                cut: answer.cut.as_deref(),
            },
            Heard::Nothing(why) => {
                Self { first: format!("no answer: {}", visible(why)), headers: Vec::new(), body: None, cut: None }
            }
        }
    }

    /// The whole message.
    pub(crate) fn whole(&self) -> String {
        let mut text = self.first.clone();
        for header in &self.headers {
            text.push('\n');
            text.push_str(header);
        }
        let body = self.body();
        if !body.is_empty() {
            text.push_str("\n\n");
            text.push_str(&body);
        }
        if let Some(why) = self.cut {
            text.push_str("\n[the body is not whole: ");
            text.push_str(&visible(why));
            text.push(']');
        }
        text
    }

    /// The message in few lines, of at most that many characters where a terminal reads them.
    pub(crate) fn short(&self, width: Option<usize>) -> Vec<String> {
        const HEADERS: usize = 10;
        const BODY_LINES: usize = 6;
        const WITHOUT_TERMINAL: usize = 1000;
        let most = width.unwrap_or(WITHOUT_TERMINAL);
        let mut lines = vec![shorten(&self.first, most)];
        lines.extend(self.headers.iter().take(HEADERS).map(|header| shorten(header, most)));
        if self.headers.len() > HEADERS {
            lines.push("…".to_owned());
        }
        let body = self.body();
        if !body.is_empty() {
            lines.push(String::new());
            let mut broken = body.lines().flat_map(|line| match width {
                Some(width) => chunks(line, width),
                None => vec![shorten(line, WITHOUT_TERMINAL)],
            });
            lines.extend(broken.by_ref().take(BODY_LINES));
            if broken.next().is_some() {
                lines.push("…".to_owned());
            }
        }
        if let Some(why) = self.cut {
            lines.push(shorten(&format!("[the body is not whole: {}]", visible(why)), most));
        }
        lines
    }

    fn body(&self) -> String {
        match self.body {
            Some(Body::Text(text)) => visible_lines(text),
            Some(Body::Base64(text)) => format!("[not UTF-8, in base64] {}", visible(text)),
            None => String::new(),
        }
    }
}

fn lines(headers: &[(String, String)]) -> Vec<String> {
    headers.iter().map(|(name, value)| visible(&format!("{name}: {value}"))).collect()
}

/// A line broken where it is too wide: between parameters or members if it can be, so that no name, mark or token is cut.
fn chunks(line: &str, width: usize) -> Vec<String> {
    let mut rest: Vec<char> = line.chars().collect();
    let mut lines = Vec::new();
    while rest.len() > width.max(1) {
        let between = rest[..width.max(1)].iter().rposition(|character| matches!(character, '&' | ','));
        // Behind it: the sign that a line goes on is its end.
        let after = rest.split_off(between.map_or(width.max(1), |at| at + 1));
        lines.push(std::mem::replace(&mut rest, after).into_iter().collect());
    }
    lines.push(rest.into_iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Answer;

    #[test]
    fn a_long_body_is_cut_where_it_must_be_short_and_only_there() {
        let answer = Heard::Answer(Answer {
            status: 200,
            headers: vec![("x".into(), "a\r\nb".into())],
            body: Body::Text("0123456789".repeat(10)),
            cut: Some("over 1 MiB".into()),
            tokens: vec![],
        });
        let message = Message::answer(&answer);
        let short = message.short(Some(12));
        assert_eq!(short[..4], ["HTTP 200", r"x: a\r\nb", "", "012345678901"]);
        assert!(short.contains(&"…".to_owned()), "{short:?}");
        assert!(short.iter().all(|line| line.chars().count() <= 12), "{short:?}");
        assert_eq!(chunks("a=1&scope=read&b", 12), ["a=1&", "scope=read&b"]);
        assert_eq!(message.short(None)[3], "0123456789".repeat(10), "without a terminal nothing breaks it");
        assert!(message.whole().ends_with("89\n[the body is not whole: over 1 MiB]"), "{}", message.whole());
    }
}
