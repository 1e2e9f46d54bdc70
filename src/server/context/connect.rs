//! From a source's record to a client of its server.

use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use super::{
    Context,
    dav::{Client, ClientLimits, Credentials, DavError, NetworkGuard},
};
use crate::{
    protocol::SourceAuth,
    server::{
        auth::VaultError,
        store::{SourceAddress, SourceRecord},
    },
};

/// How long the token is good with which the server reads a share of its own.
const SHARE_TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// The source's address or network.
    #[error(transparent)]
    Dav(#[from] DavError),
    /// The credentials cannot be opened.
    #[error("{0}; enter the credentials again")]
    Vault(#[from] VaultError),
    /// A fault of ours.
    #[error("cannot make a token for the built-in share")]
    Token,
}

impl Context {
    /// A client for a source. Nothing is sent yet.
    pub(super) fn connect(
        &self,
        address: &SourceAddress,
        record: &SourceRecord,
    ) -> Result<Client, ConnectError> {
        let Some(url) = &record.url else {
            return self.connect_to_share(address);
        };
        let secret = match &record.sealed {
            Some(sealed) => self.0.vault.open_sealed(address, sealed)?,
            None => SecretString::default(),
        };
        let user = record.username.clone().unwrap_or_default();
        let credentials = credentials(record.auth, user, secret);
        let url = parse_url(url)?;
        Ok(Client::new(
            &url,
            &credentials,
            &self.0.guard,
            ClientLimits::default(),
        )?)
    }

    /// The share is read as every other source: with WebDAV, at this very server. It
    /// alone may be at the server's own address.
    fn connect_to_share(&self, address: &SourceAddress) -> Result<Client, ConnectError> {
        let token = self
            .0
            .auth
            .keys()
            .user_token(
                address.user.clone(),
                address.workspace.clone(),
                SHARE_TOKEN_LIFE,
            )
            .map_err(|_| ConnectError::Token)?;
        let credentials = Credentials::Basic {
            user: address.user.to_string(),
            password: token.into(),
        };
        let own = self.0.own;
        let url = parse_url(&format!("http://{own}/dav/{}/", address.user))?;
        let guard = NetworkGuard::new(Vec::new(), Some(own));
        Ok(Client::new(
            &url,
            &credentials,
            &guard,
            ClientLimits::default(),
        )?)
    }

    /// A client for a source that is only being set up.
    pub(super) fn connect_with(
        &self,
        url: &str,
        credentials: &Credentials,
    ) -> Result<Client, DavError> {
        let limits = ClientLimits {
            // Somebody waits for it.
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(10),
            call: Duration::from_secs(15),
            tries: 2,
            ..ClientLimits::default()
        };
        Client::new(&parse_url(url)?, credentials, &self.0.guard, limits)
    }
}

pub(super) fn credentials(auth: SourceAuth, user: String, secret: SecretString) -> Credentials {
    match auth {
        SourceAuth::None => Credentials::None,
        SourceAuth::Basic => Credentials::Basic {
            user,
            password: secret,
        },
        SourceAuth::Digest => Credentials::Digest {
            user,
            password: secret,
        },
        SourceAuth::Bearer => Credentials::Bearer(secret),
    }
}

fn parse_url(url: &str) -> Result<Url, DavError> {
    Url::parse(url).map_err(|error| DavError::Address(format!("is no URL: {error}")))
}
