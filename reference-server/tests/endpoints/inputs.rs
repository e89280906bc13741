//! Every fault that shows for one kind of input alone shows there, and the strict server is never so.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, TRANSFER_ENCODING};
use ropcheck_reference_server::{FAULTS, Policy};

use crate::server::{ALICE, By, CLIENT, FORM, INTROSPECT, REVOKE, Server, TOKEN, USERINFO, posted, refresh};

/// What is sent to a server that is ready, and answered with a status and, be it "none", an error.
type Row = (&'static str, Sent, (u16, &'static str), (u16, &'static str));

enum Sent {
    /// A form to the token endpoint.
    Form(By<'static>, &'static str),
    /// A good login with another header.
    Login(http::HeaderName, String),
    /// A good login in chunks, with so much in front of it.
    Chunked(usize),
    /// A refresh token with something behind it.
    Refresh(&'static str),
    /// An access token with something behind it, in a form to that endpoint with more parameters.
    About(&'static str, &'static str, &'static str),
    /// An access token with something behind it, to userinfo.
    Bearer(&'static str),
}

fn basic(pair: &str) -> String {
    STANDARD.encode(pair)
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Sent::{About, Bearer, Chunked, Form, Login, Refresh};

    let pair = basic("demo-basic:basic-secret-1");
    let escaped = basic("demo%2dbasic:basic%2dsecret%2d1");
    let granted = (200, "none");
    let alice = |more: &str| -> &'static str { format!("{ALICE}{more}").leak() };
    let wrong = |user: &str, password: &str| -> &'static str { format!("grant_type=password&username={user}&password={password}").leak() };
    let by = |id: &'static str, secret: &'static str| By::Basic(id, secret);
    vec![
        ("basic-behind-two-spaces-unread",      Login(AUTHORIZATION, format!("Basic  {pair}")), granted, (401, "invalid_client")),
        ("basic-junk-skipped",                  Login(AUTHORIZATION, format!("Basic *{pair}")), (401, "invalid_client"), granted),
        ("basic-lower-case-escapes-unread",     Login(AUTHORIZATION, format!("Basic {escaped}")), granted, (401, "invalid_client")),
        ("basic-scheme-in-mixed-case-refused",  Login(AUTHORIZATION, format!("bAsic {pair}")), granted, (401, "invalid_client")),
        ("chunked-body-cut",                    Chunked(100), granted, (400, "invalid_request")),
        ("client-id-with-brace-crashes",        Form(by("${x}", "y"), ALICE), (401, "invalid_client"), (500, "server_error")),
        ("client-secret-cut-at-nul",            Form(by("demo-basic", "basic-secret-1%00x"), ALICE), (401, "invalid_client"), granted),
        ("client-secret-dashes-ignored",        Form(by("demo-basic", "basicsecret-1"), ALICE), (401, "invalid_client"), granted),
        ("combining-mark-in-password-crashes",  Form(CLIENT, wrong("alice", "e%CC%81")), (400, "invalid_grant"), (500, "server_error")),
        ("emoji-client-secret-crashes",         Form(by("demo-basic", "%F0%9F%98%80"), ALICE), (401, "invalid_client"), (500, "server_error")),
        ("escaped-name-repeated-accepted",      Form(CLIENT, alice("&user%6Eame=bob")), (400, "invalid_request"), granted),
        ("escaped-name-unread",                 Form(CLIENT, "grant_type=password&user%6eame=alice&password=wonderland-7"), granted, (400, "invalid_request")),
        ("grant-type-with-dot-crashes",         Form(CLIENT, "grant_type=a.b"), (400, "unsupported_grant_type"), (500, "server_error")),
        ("half-an-escape-crashes",              Form(CLIENT, wrong("alice", "a%4z")), (400, "invalid_request"), (500, "server_error")),
        ("introspection-hint-misleads",         About(INTROSPECT, "", "&token_type_hint=X"), (200, "true"), (200, "false")),
        ("introspection-odd-token-refused",     About(INTROSPECT, "+x", ""), (200, "false"), (400, "invalid_request")),
        ("introspection-token-cut",             About(INTROSPECT, "~x", ""), (200, "false"), (200, "true")),
        ("long-password-crashes",               Form(CLIENT, wrong("alice", &"x".repeat(129))), (400, "invalid_grant"), (500, "server_error")),
        ("long-scope-crashes",                  Form(CLIENT, alice(&format!("&scope={}", "x".repeat(256)))), (400, "invalid_scope"), (500, "server_error")),
        ("lower-case-escaped-plus-is-a-space",  Form(CLIENT, wrong("plus%2buser", "a%2bb+c%26d%3De%25f%3Ag")), granted, (400, "invalid_grant")),
        ("media-type-before-space-refused",     Login(CONTENT_TYPE, format!("{FORM} ;charset=utf-8")), granted, (400, "invalid_request")),
        ("media-type-in-mixed-case-refused",    Login(CONTENT_TYPE, FORM.replace('w', "W")), granted, (400, "invalid_request")),
        ("overlong-utf8-accepted",              Form(CLIENT, wrong("%C1%A1lic%E0%81%A5", "wonderland-7")), (400, "invalid_request"), granted),
        ("parameter-name-with-dot-refused",     Form(CLIENT, alice("&a.b=1")), granted, (400, "invalid_request")),
        ("parameters-beyond-16-refused",        Form(CLIENT, alice(&"&x=1".repeat(14))), granted, (400, "invalid_request")),
        ("password-behind-scope-unread",        Form(CLIENT, "grant_type=password&scope=read&username=alice&password=wonderland-7"), granted, (400, "invalid_request")),
        ("password-cut-at-line-break",          Form(CLIENT, wrong("alice", "wonderland-7%0Ax")), (400, "invalid_request"), granted),
        ("password-in-any-order-accepted",      Form(CLIENT, wrong("alice", "wonderladn-7")), (400, "invalid_grant"), granted),
        ("refresh-token-beyond-ascii-crashes",  Refresh("%C3%A9"), (400, "invalid_grant"), (500, "server_error")),
        ("refresh-token-cut-at-64-characters",  Refresh("x"), (400, "invalid_grant"), granted),
        ("revocation-hint-beyond-ascii-refused", About(REVOKE, "", "&token_type_hint=%C3%A9"), granted, (400, "unsupported_token_type")),
        ("revocation-odd-token-refused",        About(REVOKE, "%25", ""), granted, (400, "invalid_request")),
        ("right-to-left-username-crashes",      Form(CLIENT, wrong("%D7%90", "x")), (400, "invalid_grant"), (500, "server_error")),
        ("scope-with-punctuation-called-invalid-request", Form(CLIENT, alice("&scope=a%5B")), (400, "invalid_scope"), (400, "invalid_request")),
        ("spaces-in-scope-crash",               Form(CLIENT, alice("&scope=read++write")), (400, "invalid_scope"), (500, "server_error")),
        ("surrogate-bytes-crash",               Form(CLIENT, wrong("%ed%a0%80", "x")), (400, "invalid_request"), (500, "server_error")),
        ("tab-separates-scopes",                Form(CLIENT, alice("&scope=read%09write")), (400, "invalid_scope"), granted),
        ("unknown-parameter-with-markup-refused", Form(CLIENT, alice("&x=%3Cb%3E")), granted, (400, "invalid_request")),
        ("userinfo-token-cut",                  Bearer("~x"), (401, "invalid_token"), granted),
        ("userinfo-token-with-plus-crashes",    Bearer("+x"), (401, "invalid_token"), (500, "server_error")),
        ("username-widthless-ignored",          Form(CLIENT, wrong("al%E2%80%8Dice", "wonderland-7")), (400, "invalid_grant"), granted),
    ]
}

/// Faults that show after a refresh, further down.
const RENEWED: [&str; 2] = ["refresh-widens-scope-later", "revocation-misses-renewed-token"];

/// The faults of this file, which have no need to show anywhere else.
pub(crate) fn shown() -> Vec<&'static str> {
    rows().into_iter().map(|(id, ..)| id).chain(RENEWED).collect()
}

async fn answer(sent: &Sent, policy: Policy) -> (u16, String) {
    let server = Server::with(|_| (), policy);
    let answer = match sent {
        Sent::Form(by, form) => server.post(TOKEN, *by, form).await,
        Sent::Login(name, value) => {
            let mut request = posted(TOKEN, CLIENT, ALICE);
            request.headers_mut().insert(name, value.parse().unwrap());
            server.send(request).await
        }
        Sent::Chunked(before) => {
            let mut request = posted(TOKEN, CLIENT, &format!("x={}&{ALICE}", "y".repeat(*before)));
            request.headers_mut().insert(TRANSFER_ENCODING, "chunked".parse().unwrap());
            server.send(request).await
        }
        Sent::Refresh(tail) => {
            let issued = server.login("read").await;
            server.post(TOKEN, CLIENT, &format!("{}{tail}", refresh(issued.text("refresh_token")))).await
        }
        Sent::About(path, tail, more) => {
            let issued = server.login("openid").await;
            server.post(path, CLIENT, &format!("token={}{tail}{more}", issued.text("access_token"))).await
        }
        Sent::Bearer(tail) => {
            let issued = server.login("openid").await;
            let bearer = format!("Bearer {}{tail}", issued.text("access_token"));
            server.send(Request::get(USERINFO).header(AUTHORIZATION, bearer).body(Body::empty()).unwrap()).await
        }
    };
    let told = match answer.body.get("active") {
        Some(active) => active.to_string(),
        None => answer.error().1.to_owned(),
    };
    (answer.status, told)
}

#[tokio::test]
async fn each_of_them_shows_for_its_input() {
    for (id, sent, strict, faulty) in rows() {
        let fault = FAULTS.iter().find(|fault| fault.id == id).unwrap_or_else(|| panic!("no fault {id}"));
        let told = |(status, told): (u16, &str)| (status, told.to_owned());
        assert_eq!(answer(&sent, Policy::strict()).await, told(strict), "the strict server beside {id}");
        assert_eq!(answer(&sent, fault.policy()).await, told(faulty), "{id}");
    }
}

#[tokio::test]
async fn a_good_login_is_none_of_these_inputs() {
    for id in shown() {
        let fault = FAULTS.iter().find(|fault| fault.id == id).unwrap();
        let sent = Sent::Form(CLIENT, "grant_type=password&username=alice&password=wonderland-7&scope=read");
        assert_eq!(answer(&sent, fault.policy()).await.0, 200, "{id}");
    }
}

fn faulty(id: &str) -> Server {
    let fault = FAULTS.iter().find(|fault| fault.id == id).unwrap();
    Server::with(|_| (), fault.policy())
}

#[tokio::test]
async fn a_renewed_token_is_missed_by_revocation_and_the_first_is_not() {
    for (renewals, status) in [(0, 400), (1, 200)] {
        let server = faulty("revocation-misses-renewed-token");
        let mut token = server.login("read").await.text("refresh_token").to_owned();
        for _ in 0..renewals {
            token = server.post(TOKEN, CLIENT, &refresh(&token)).await.text("refresh_token").to_owned();
        }
        assert_eq!(server.post(REVOKE, CLIENT, &format!("token={token}")).await.status, 200);
        assert_eq!(server.post(TOKEN, CLIENT, &refresh(&token)).await.status, status);
    }
}

#[tokio::test]
async fn scopes_widen_from_the_second_refresh_on() {
    let server = faulty("refresh-widens-scope-later");
    let first = server.login("read").await;
    let wider = |token: &str| format!("{}&scope=read+write", refresh(token));
    let refused = server.post(TOKEN, CLIENT, &wider(first.text("refresh_token"))).await;
    assert_eq!(refused.error(), (400, "invalid_scope"));
    let second = server.post(TOKEN, CLIENT, &refresh(first.text("refresh_token"))).await;
    let widened = server.post(TOKEN, CLIENT, &wider(second.text("refresh_token"))).await;
    assert_eq!(widened.text("scope"), "read write");
}
