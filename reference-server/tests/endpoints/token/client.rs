//! Who asks: how each client authenticates, and what comes first.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::WWW_AUTHENTICATE;

use super::ask;
use crate::server::{ALICE, By, CLIENT, SPECIAL, Server};

#[tokio::test]
async fn each_client_has_one_way_to_authenticate() {
    let server = Server::strict();
    let secret = "&client_secret=";
    let otherwise_escaped = By::Basic("demo-special", "s3cr%2Bt%252F:x%20y%2F%26%3D%C3%BC");
    #[rustfmt::skip]
    let rows: &[(By<'_>, String, u16)] = &[
        (CLIENT,                                    String::new(),                                        200),
        (CLIENT,                                    "&client_id=demo-basic".to_owned(),                   200),
        (SPECIAL,                                   String::new(),                                        200),
        (otherwise_escaped,                         String::new(),                                        200),
        (By::Nobody,                                "&client_id=demo-public".to_owned(),                  200),
        (By::Nobody,                                "&client_id=demo-public&client_secret=".to_owned(),   200),
        (By::Nobody,                                format!("&client_id=demo-post{secret}post-secret-1"), 200),
        (By::Basic("demo-basic", "basic-secret-2"), String::new(),                                        401),
        (By::Basic("demo-post", "post-secret-1"),   String::new(),                                        401),
        (By::Basic("demo-public", ""),              String::new(),                                        401),
        (By::Basic("nobody", "x"),                  String::new(),                                        401),
        (By::Nobody,                                format!("&client_id=demo-basic{secret}basic-secret-1"), 401),
        (By::Nobody,                                format!("&client_id=demo-public{secret}x"),           401),
        (By::Nobody,                                "&client_id=demo-post".to_owned(),                    401),
        (By::Nobody,                                "&client_id=nobody".to_owned(),                       401),
        (By::Nobody,                                String::new(),                                        401),
        (By::Nobody,                                format!("{secret}post-secret-1"),                     401),
    ];
    for (by, more, expected) in rows {
        let answer = ask(&server, *by, &format!("{ALICE}{more}")).await;
        assert_eq!(answer.status, *expected, "{more} {}", answer.body);
        if *expected == 401 {
            assert_eq!(answer.error(), (401, "invalid_client"));
            assert_eq!(answer.headers[WWW_AUTHENTICATE], r#"Basic realm="demo/demo", charset="UTF-8""#);
        }
    }
}

#[tokio::test]
async fn a_malformed_header_is_failed_authentication() {
    let server = Server::strict();
    let encoded = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
    for header in [
        "Basic".to_owned(),
        "Basic ***".to_owned(),
        "Bearer abc".to_owned(),
        "Digest username=\"demo-basic\"".to_owned(),
        encoded(b"demo-basic"),
        encoded(b"demo-basic:%zz"),
        encoded(b"demo-basic:\xFF"),
    ] {
        assert_eq!(ask(&server, By::Header(&header), ALICE).await.error(), (401, "invalid_client"), "{header}");
    }
    let lower = encoded(b"demo-basic:basic-secret-1").replacen("Basic", "bASIC", 1);
    assert_eq!(ask(&server, By::Header(&lower), ALICE).await.status, 200);
}

#[tokio::test]
async fn two_authentications_or_two_clients_are_malformed() {
    let server = Server::strict();
    for more in ["&client_secret=basic-secret-1", "&client_id=demo-post&client_secret=x", "&client_id=demo-post"] {
        let answer = ask(&server, CLIENT, &format!("{ALICE}{more}")).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{more}");
    }
}

#[tokio::test]
async fn the_client_comes_before_the_grant_and_the_shape_before_the_client() {
    let server = Server::strict();
    let stranger = By::Basic("demo-basic", "wrong");
    assert_eq!(ask(&server, stranger, "grant_type=nonsense").await.error(), (401, "invalid_client"));
    assert_eq!(ask(&server, stranger, "scope=a&scope=b").await.error(), (400, "invalid_request"));
}
