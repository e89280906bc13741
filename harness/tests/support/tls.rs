//! The reference server behind TLS, under a certificate authority that lives as long as its test.

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use ropcheck_reference_server::{Config, HashCost, Policy, app};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// A server, where it is, and the certificate that vouches for it.
pub(crate) struct Served {
    /// `https://localhost:PORT`
    pub(crate) base: String,
    /// Its certificate authority, as PEM.
    pub(crate) ca: String,
}

/// Serves the reference server at `https://localhost:PORT` under a certificate for `host`.
pub(crate) async fn serve(host: &str) -> Served {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, key()).expect("an authority");
    let key = key();
    let params = CertificateParams::new([host.to_owned()]).expect("a host name");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let tls =
        ServerConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider's own versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())
            .expect("the certificate's own key");

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("a port").port();
    let base = format!("https://localhost:{port}");
    let config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(&base) };
    let app = app(config, Policy::strict()).expect("the demo workspace");
    let listener = OverTls { listener, acceptor: TlsAcceptor::from(Arc::new(tls)) };
    tokio::spawn(async move { axum::serve(listener, app).await });
    Served { base, ca: authority.pem() }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

struct OverTls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for OverTls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (connection, address) = Listener::accept(&mut self.listener).await;
            // A client that does not trust the certificate goes away; the next one may trust it.
            if let Ok(stream) = self.acceptor.accept(connection).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
