//! Certificates of the tests' own making: an authority, and servers that it vouches for.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Whoever trusts it trusts its servers.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// Two of one name would be taken for one another.
    pub fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, name);
        Authority(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    /// What is configured to trust it.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// TLS as spoken by a server of this name, or on this address.
    pub fn server(&self, name: &str) -> TlsAcceptor {
        self.certify(CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// The same with a certificate that ran out.
    pub fn expired_server(&self, name: &str) -> TlsAcceptor {
        let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(2020, 1, 1);
        self.certify(parameters)
    }

    fn certify(&self, parameters: CertificateParams) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}
