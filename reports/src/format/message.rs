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

    /// The message in few lines of at most that many characters.
    pub(crate) fn short(&self, width: usize) -> Vec<String> {
        const HEADERS: usize = 10;
        const BODY_LINES: usize = 6;
        let mut lines = vec![shorten(&self.first, width)];
        lines.extend(self.headers.iter().take(HEADERS).map(|header| shorten(header, width)));
        if self.headers.len() > HEADERS {
            lines.push("…".to_owned());
        }
        let body = self.body();
        if !body.is_empty() {
            lines.push(String::new());
            let mut broken = body.lines().flat_map(|line| chunks(line, width));
            lines.extend(broken.by_ref().take(BODY_LINES));
            if broken.next().is_some() {
                lines.push("…".to_owned());
            }
        }
        if let Some(why) = self.cut {
            lines.push(shorten(&format!("[the body is not whole: {}]", visible(why)), width));
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

/// A line broken after every so many characters.
fn chunks(line: &str, width: usize) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    if characters.is_empty() {
        return vec![String::new()];
    }
    characters.chunks(width.max(1)).map(|chunk| chunk.iter().collect()).collect()
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
        let short = message.short(12);
        assert_eq!(short[..4], ["HTTP 200", r"x: a\r\nb", "", "012345678901"]);
        assert!(short.contains(&"…".to_owned()), "{short:?}");
        assert!(short.iter().all(|line| line.chars().count() <= 12), "{short:?}");
        assert!(message.whole().ends_with("89\n[the body is not whole: over 1 MiB]"), "{}", message.whole());
    }
}
