//! What differs between a request and its control.

use crate::record::{Body, Request};

/// One thing that differs between two requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'r> {
    /// Where it differs.
    pub part: Part<'r>,
    /// Its values in the control; none where the control does not have it.
    pub control: Vec<&'r str>,
    /// Its values in the request; none where the request does not have it.
    pub request: Vec<&'r str>,
}

/// A part of a request that can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'r> {
    /// The method.
    Method,
    /// The URL up to its query.
    Url,
    /// A parameter of the query, by name.
    Query(&'r str),
    /// A header, by name.
    Header(&'r str),
    /// A parameter of a form body, by name.
    Form(&'r str),
    /// The body as a whole: it is no form, or only the order of its parameters differs.
    Body,
}

impl Part<'_> {
    /// The part as reports print it.
    pub fn name(&self) -> String {
        match self {
            Self::Method => "method".to_owned(),
            Self::Url => "URL".to_owned(),
            Self::Query(name) => format!("query parameter {name}"),
            Self::Header(name) => format!("header {name}"),
            Self::Form(name) => format!("form parameter {name}"),
            Self::Body => "body".to_owned(),
        }
    }
}

/// What differs, from the request line down.
///
/// Values stay encoded as they were sent, because `+` for `%20` is a difference too. A name may come
/// more than once (RFC 6749 section 3.2 forbids it to a client, so a test sends it), hence a list on
/// each side.
pub fn between<'r>(control: &'r Request, request: &'r Request) -> Vec<Difference<'r>> {
    let mut differences = Vec::new();
    differences.extend(whole(Part::Method, &control.method, &request.method));
    let ((control_url, control_query), (url, query)) = (split_query(&control.url), split_query(&request.url));
    differences.extend(whole(Part::Url, control_url, url));
    differences.extend(each(&pairs(control_query), &pairs(query), Part::Query, exactly));
    let same_body = control.body == request.body;
    differences.extend(each(
        &headers(control, same_body),
        &headers(request, same_body),
        Part::Header,
        str::eq_ignore_ascii_case,
    ));
    if !same_body {
        differences.extend(bodies(control, request));
    }
    differences
}

fn whole<'r>(part: Part<'r>, control: &'r str, request: &'r str) -> Option<Difference<'r>> {
    (control != request).then(|| Difference { part, control: vec![control], request: vec![request] })
}

fn bodies<'r>(control: &'r Request, request: &'r Request) -> Vec<Difference<'r>> {
    if let (Some(ours), Some(theirs)) = (form(control), form(request)) {
        let parameters = each(&pairs(ours), &pairs(theirs), Part::Form, exactly);
        if !parameters.is_empty() {
            return parameters;
        }
    }
    vec![Difference { part: Part::Body, control: vec![raw(&control.body)], request: vec![raw(&request.body)] }]
}

/// The parameters whose values differ, in the order of the control, then those that only the request has.
fn each<'r>(
    control: &[(&'r str, &'r str)],
    request: &[(&'r str, &'r str)],
    part: fn(&'r str) -> Part<'r>,
    same: fn(&str, &str) -> bool,
) -> Vec<Difference<'r>> {
    let mut names: Vec<&'r str> = Vec::new();
    for (name, _) in control.iter().chain(request) {
        if !names.iter().any(|known| same(known, name)) {
            names.push(name);
        }
    }
    let values = |pairs: &[(&'r str, &'r str)], wanted: &str| {
        pairs.iter().filter(|(name, _)| same(name, wanted)).map(|(_, value)| *value).collect::<Vec<_>>()
    };
    names
        .into_iter()
        .map(|name| Difference { part: part(name), control: values(control, name), request: values(request, name) })
        .filter(|one| one.control != one.request)
        .collect()
}

/// Parameter names are case sensitive, header names are not (RFC 9110 section 5.1).
fn exactly(one: &str, other: &str) -> bool {
    one == other
}

/// The headers, without the length of a body that is told apart anyway.
fn headers(request: &Request, same_body: bool) -> Vec<(&str, &str)> {
    request
        .headers
        .iter()
        .filter(|(name, _)| same_body || !name.eq_ignore_ascii_case("content-length"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// The body where it is a form and says so.
fn form(request: &Request) -> Option<&str> {
    let says_so = request.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type")
            && value.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    });
    match &request.body {
        Body::Text(text) if says_so => Some(text),
        Body::Text(_) | Body::Base64(_) => None,
    }
}

fn raw(body: &Body) -> &str {
    match body {
        Body::Text(text) | Body::Base64(text) => text,
    }
}

fn split_query(url: &str) -> (&str, &str) {
    url.split_once('?').unwrap_or((url, ""))
}

fn pairs(text: &str) -> Vec<(&str, &str)> {
    text.split('&').filter(|one| !one.is_empty()).map(|one| one.split_once('=').unwrap_or((one, ""))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Request {
        Request {
            method: method.into(),
            url: url.into(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body: Body::Text(body.into()),
        }
    }

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");

    fn told(control: &Request, request: &Request) -> Vec<String> {
        between(control, request)
            .iter()
            .map(|one| format!("{}: {:?} -> {:?}", one.part.name(), one.control, one.request))
            .collect()
    }

    #[test]
    fn a_form_is_told_parameter_by_parameter() {
        let control = request("POST", "/token", &[FORM, ("content-length", "9")], "a=1&b=2&c=3&E=5");
        let other = request("POST", "/token", &[FORM, ("content-length", "12")], "a=1&b=%32&b=2&d=&e=5");
        assert_eq!(
            told(&control, &other),
            [
                r#"form parameter b: ["2"] -> ["%32", "2"]"#,
                r#"form parameter c: ["3"] -> []"#,
                r#"form parameter E: ["5"] -> []"#,
                r#"form parameter d: [] -> [""]"#,
                r#"form parameter e: [] -> ["5"]"#,
            ]
        );
    }

    #[test]
    fn method_url_query_and_headers_are_told_each() {
        let control = request("POST", "/token", &[("Authorization", "Basic a")], "");
        let other = request("GET", "/other?x=1", &[("authorization", "Basic b"), ("accept", "*/*")], "");
        assert_eq!(
            told(&control, &other),
            [
                r#"method: ["POST"] -> ["GET"]"#,
                r#"URL: ["/token"] -> ["/other"]"#,
                r#"query parameter x: [] -> ["1"]"#,
                r#"header Authorization: ["Basic a"] -> ["Basic b"]"#,
                r#"header accept: [] -> ["*/*"]"#,
            ]
        );
    }

    #[test]
    fn a_body_that_is_no_form_and_one_in_another_order_are_told_whole() {
        let json = request("POST", "/", &[("content-type", "application/json")], "{}");
        assert_eq!(
            told(&request("POST", "/", &[FORM], "a=1"), &json).last().map(String::as_str),
            Some(r#"body: ["a=1"] -> ["{}"]"#)
        );
        let (one, two) = (request("POST", "/", &[FORM], "a=1&b=2"), request("POST", "/", &[FORM], "b=2&a=1"));
        assert_eq!(told(&one, &two), [r#"body: ["a=1&b=2"] -> ["b=2&a=1"]"#]);
        assert!(between(&one, &one).is_empty());
    }
}
