//! What has to be true of a request before its form is read.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};

use crate::form::{Form, names_a_credential};
use crate::policy::Policy;
use crate::refusal::Refusal;

/// A request that is one for an endpoint that takes forms, with its form.
pub(crate) struct Asked {
    pub(crate) headers: HeaderMap,
    pub(crate) form: Form,
}

/// Takes a request in: method, query, media type, size, form.
pub(crate) async fn take(request: Request, limit: usize, policy: &Policy) -> Result<Asked, Refusal> {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default().as_bytes();

    // RFC 6749 section 3.2: token requests are made with POST.
    if head.method != Method::POST {
        if policy.post_only || head.method != Method::GET {
            return Err(Refusal::method_not_allowed("POST"));
        }
        let form = Form::read(query, policy)?;
        return Ok(Asked { headers: head.headers, form });
    }
    // RFC 6749 section 2.3.1: credentials in a URI end up in logs; whoever sends them there should hear of it.
    if policy.query_is_not_read && names_a_credential(query) {
        return Err(Refusal::invalid_request("the URI holds a credential, which belongs in the body"));
    }
    if !is_form(&head.headers) {
        return Err(Refusal::invalid_request("the body is not application/x-www-form-urlencoded"));
    }
    let mut raw = read(body, limit).await?;
    if !policy.query_is_not_read {
        raw.push(b'&');
        raw.extend_from_slice(query);
    }
    let form = Form::read(&raw, policy)?;
    Ok(Asked { headers: head.headers, form })
}

/// RFC 9110 section 8.3.1: a media type is case-insensitive and may have parameters, none of which matters here.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let essence = only.to_str().map(|text| text.split(';').next().unwrap_or_default());
    essence.is_ok_and(|essence| essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// How many limits' worth of an oversized body is read and thrown away. A client that still sends when the connection
/// closes may never see the answer; one that sends without end should not keep the server.
const PATIENCE: usize = 16;

/// A body that is no longer than the limit.
pub(crate) async fn read(mut body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Refusal::invalid_request("the body could not be read"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            kept.extend_from_slice(&data);
        } else if seen > limit.saturating_mul(PATIENCE) {
            break;
        }
    }
    if seen > limit { Err(Refusal::too_large()) } else { Ok(kept) }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn one_media_type_in_any_case_with_any_parameter() {
        let rows: &[(&[&str], bool)] = &[
            (&["application/x-www-form-urlencoded"], true),
            (&["APPLICATION/X-www-form-urlencoded ; charset=UTF-8"], true),
            (&["application/json"], false),
            (&["application/x-www-form-urlencoded2"], false),
            (&["application/x-www-form-urlencoded", "application/json"], false),
            (&[""], false),
            (&[], false),
        ];
        for (types, expected) in rows {
            let mut headers = HeaderMap::new();
            for media_type in *types {
                headers.append(CONTENT_TYPE, HeaderValue::from_static(media_type));
            }
            assert_eq!(is_form(&headers), *expected, "{types:?}");
        }
    }

    #[tokio::test]
    async fn a_body_may_be_as_long_as_the_limit() {
        assert_eq!(read(Body::from("abc"), 3).await.unwrap(), b"abc");
        assert_eq!(read(Body::from("abcd"), 3).await.unwrap_err().status, 413);
    }
}
