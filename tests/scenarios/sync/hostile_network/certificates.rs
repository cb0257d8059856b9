//! Certificates of every wrong kind, and a TLS front for a server.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// What is wrong with a server's certificate.
pub const WRONG: [&str; 4] = ["expired", "other-host", "unknown-authority", "self-signed"];
/// The one with which nothing is wrong.
pub const GOOD: &str = "good";
/// The file with the authority that the test's process trusts.
pub const AUTHORITY: &str = "authority.pem";

/// Writes all of them into a folder, each with its key.
pub fn write(folder: &Path) -> Made<()> {
    let (authority, stranger) = (authority()?, authority()?);
    std::fs::write(folder.join(AUTHORITY), authority.1)?;
    for name in WRONG.into_iter().chain([GOOD]) {
        let key = KeyPair::generate()?;
        let host = if name == "other-host" { "other.example" } else { "localhost" };
        let mut params = CertificateParams::new(vec![host.to_owned()])?;
        if name == "expired" {
            (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        }
        let made = match name {
            "self-signed" => params.self_signed(&key)?,
            "unknown-authority" => params.signed_by(&key, &stranger.0)?,
            _ => params.signed_by(&key, &authority.0)?,
        };
        std::fs::write(folder.join(format!("{name}.pem")), made.pem())?;
        std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem())?;
    }
    Ok(())
}

/// An authority, and its own certificate.
fn authority() -> Made<(Issuer<'static, KeyPair>, String)> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}

/// A TLS front with this certificate before the server at `base`; returns its own base address.
pub async fn front(folder: &Path, name: &str, base: &str) -> Made<String> {
    let chain = vec![CertificateDer::from_pem_file(folder.join(format!("{name}.pem")))?];
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key")))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions()?;
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key)?));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let own = format!("https://localhost:{}/fhir", listener.local_addr()?.port());
    let upstream = base.trim_start_matches("http://").trim_end_matches("/fhir").to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
            tokio::spawn(async move {
                let mut tls = acceptor.accept(stream).await?;
                let mut server = TcpStream::connect(upstream).await?;
                tokio::io::copy_bidirectional(&mut tls, &mut server).await
            });
        }
    });
    Ok(own)
}
