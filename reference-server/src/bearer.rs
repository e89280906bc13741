//! The bearer token of a request to a protected resource, RFC 6750.

use axum::extract::Request;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};

use crate::form::{Form, Parameter};
use crate::intake;
use crate::policy::MediaType;
use crate::realm::Server;
use crate::refusal::Refusal;

/// The one token that a request presents, if any: in the header (RFC 6750 section 2.1) or in a form (section 2.2).
///
/// A URI is not looked at (section 2.3), so a token there counts as none; but beside another one it is one too many.
pub(crate) async fn token(server: &Server, request: Request) -> Result<Option<String>, Refusal> {
    let (head, body) = request.into_parts();
    let in_header = in_header(&head.headers)?;
    // Section 2.2: a form counts where a body means something.
    let in_form = if head.method == Method::POST && intake::is_form(&head.headers, MediaType::Form) {
        let form = Form::read(&intake::read(body, server.body_limit).await?, &server.strict)?;
        form.get(Parameter::AccessToken).map(str::to_owned)
    } else {
        None
    };
    let query = head.uri.query().unwrap_or_default();
    let in_query = Form::read(query.as_bytes(), &server.strict)?.get(Parameter::AccessToken).map(str::to_owned);

    // Section 2: no more than one way in a request.
    let mut offered = [in_header, in_form, in_query.clone()].into_iter().flatten();
    let (first, second) = (offered.next(), offered.next());
    if second.is_some() && server.policy.userinfo_takes_one_token {
        return Err(Refusal::invalid_request("a token is presented in two ways"));
    }
    let is_in_query = in_query.is_some();
    Ok(first.filter(|_| !(is_in_query && server.policy.userinfo_ignores_query)))
}

/// `Bearer` and a token. Another scheme is not a malformed token but no token.
fn in_header(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Refusal::invalid_request("there is more than one Authorization header"));
    }
    let value = value.to_str().map_err(|_| Refusal::invalid_request("the Authorization header is malformed"))?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    // RFC 9110 section 11.1: the name of a scheme is case-insensitive.
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Ok(None);
    }
    let token = token.trim_matches(' ');
    if token.is_empty() || token.contains([' ', ',']) {
        return Err(Refusal::invalid_request("the Authorization header is malformed"));
    }
    Ok(Some(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_header_holds_one_token_or_is_malformed() {
        type Row = (&'static [&'static str], Result<Option<&'static str>, ()>);
        #[rustfmt::skip]
        let rows: &[Row] = &[
            (&[],                         Ok(None)),
            (&["Bearer abc"],             Ok(Some("abc"))),
            (&["bEARER   abc "],          Ok(Some("abc"))),
            (&["Basic abc"],              Ok(None)),
            (&["Bearerabc"],              Ok(None)),
            (&["Bearer"],                 Err(())),
            (&["Bearer "],                Err(())),
            (&["Bearer a b"],             Err(())),
            (&["Bearer a, Basic b"],      Err(())),
            (&["Bearer a", "Bearer a"],   Err(())),
            (&["Bearer a", "Basic b"],    Err(())),
        ];
        for (values, expected) in rows {
            let mut headers = HeaderMap::new();
            for value in *values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            let found = in_header(&headers).map_err(|_| ());
            assert_eq!(found, expected.map(|token| token.map(str::to_owned)), "{values:?}");
        }
    }
}
