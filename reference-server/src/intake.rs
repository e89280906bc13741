//! What has to be true of a request before its form is read.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use http::header::{CONTENT_TYPE, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, Method};

use crate::form::{Form, about_client, names_a_credential};
use crate::policy::{Chunked, Crash, MediaType, Methods, NoForm, Policy, Query};
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
    let method = &head.method;
    let taken = match policy.methods {
        Methods::Post => method == Method::POST,
        Methods::PostAndGet => matches!(*method, Method::POST | Method::GET),
        Methods::Any => true,
    };
    if !taken {
        policy.stands(Crash::WrongMethod)?;
        return Err(Refusal::method_not_allowed("POST"));
    }
    if method == Method::GET {
        let form = Form::read(query, policy)?;
        return Ok(Asked { headers: head.headers, form });
    }
    // RFC 6749 section 2.3.1: credentials in a URI end up in logs; whoever sends them there should hear of it.
    if matches!(policy.query, Query::Unread) && names_a_credential(query) {
        return Err(Refusal::invalid_request("the URI holds a credential, which belongs in the body"));
    }
    if !is_form(&head.headers, policy.media_type) {
        let says = "the body is not application/x-www-form-urlencoded";
        return Err(match policy.no_form {
            NoForm::BadRequest => Refusal::invalid_request(says),
            NoForm::UnsupportedMediaType => Refusal::unsupported_media_type(says),
        });
    }
    if head.headers.contains_key(EXPECT) {
        policy.stands(Crash::Expectation)?;
    }
    let mut raw = match policy.chunked {
        Chunked::Unread if in_chunks(&head.headers) => Vec::new(),
        Chunked::LengthRequired if in_chunks(&head.headers) => return Err(Refusal::length_required()),
        Chunked::Read | Chunked::Unread | Chunked::LengthRequired => read(body, limit).await?,
    };
    let beside = match policy.query {
        Query::Unread => Vec::new(),
        Query::Read => query.to_vec(),
        Query::ClientRead => about_client(query),
    };
    if !beside.is_empty() {
        raw.push(b'&');
        raw.extend_from_slice(&beside);
    }
    let form = Form::read(&raw, policy)?;
    Ok(Asked { headers: head.headers, form })
}

const FORM: &str = "application/x-www-form-urlencoded";

/// RFC 9110 section 8.3.1: a media type is case-insensitive and may have parameters, none of which matters here.
pub(crate) fn is_form(headers: &HeaderMap, reading: MediaType) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let only = match (types.next(), types.next()) {
        (Some(only), None) => only,
        (None, _) => return matches!(reading, MediaType::FormOrNone),
        (Some(_), Some(_)) => return false,
    };
    only.to_str().is_ok_and(|text| {
        let essence = text.split(';').next().unwrap_or_default().trim();
        match reading {
            MediaType::Form | MediaType::FormOrNone => essence.eq_ignore_ascii_case(FORM),
            MediaType::LowerCase => essence == FORM,
            MediaType::WithoutParameters => text.eq_ignore_ascii_case(FORM),
        }
    })
}

/// RFC 9112 section 6.1.
fn in_chunks(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
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
            assert_eq!(is_form(&headers, MediaType::Form), *expected, "{types:?}");
        }
    }

    #[tokio::test]
    async fn a_body_may_be_as_long_as_the_limit() {
        assert_eq!(read(Body::from("abc"), 3).await.unwrap(), b"abc");
        assert_eq!(read(Body::from("abcd"), 3).await.unwrap_err().status, 413);
    }
}
