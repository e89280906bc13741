//! Whom the client trusts: the authorities of this machine, and those of the target's CA file.

use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;

use super::WireError;
use super::connections::chain;

/// Whom the client trusts. This machine's authorities are read when the first TLS connection is opened: that takes longer
/// than many a run without TLS.
pub(super) struct Trust {
    extra: Vec<CertificateDer<'static>>,
    connector: OnceLock<TlsConnector>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Trust({} certificates besides the machine's)", self.extra.len())
    }
}

impl Trust {
    /// Trust in the machine's authorities and in those of a PEM text.
    pub(super) fn new(pem: Option<&[u8]>) -> Result<Self, WireError> {
        let Some(pem) = pem else { return Ok(Self { extra: vec![], connector: OnceLock::new() }) };
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let extra = certificates.map_err(|why| WireError::Ca(why.to_string()))?;
        if extra.is_empty() {
            return Err(WireError::Ca("no certificate in it".to_owned()));
        }
        let trust = Self { extra, connector: OnceLock::new() };
        // A certificate that can't be used is the author's to know before anything is sent.
        trust.connector().map_err(|why| WireError::Ca(why.to_string()))?;
        Ok(trust)
    }

    /// What opens TLS over a connection.
    pub(super) fn connector(&self) -> Result<TlsConnector, WireError> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector.clone());
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let failed = |why: &rustls::Error| WireError::Tls(chain(why));
        let verifier =
            Verifier::new_with_extra_roots(self.extra.clone(), Arc::clone(&provider)).map_err(|why| failed(&why))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| failed(&why))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(self.connector.get_or_init(|| TlsConnector::from(Arc::new(config))).clone())
    }
}
