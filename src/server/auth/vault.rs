//! The vault: credentials of WebDAV sources, encrypted at rest (protocol document,
//! "Isolation").
//!
//! Each secret is sealed with a random data key of its own, and the data key with
//! the newest key of `vault.json`, both by XChaCha20-Poly1305. So a rotation
//! seals the small data keys anew and touches no secret. What a secret belongs to
//! is bound in as additional data: a record that is moved to another user or
//! source does not open there.
//!
//! `vault.json` stands in `$CREDENTIALS_DIRECTORY` (systemd.exec(5)) if it is
//! there, else in the data directory. It never goes into Redis, so a copy of Redis'
//! files tells no credential.

use std::path::Path;

use anyhow::Context;
use chacha20poly1305::{
    Key as DataKey, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::secret_ring::{Key, SecretRing};
use crate::server::store::SourceAddress;

/// How many keys open what they sealed. A rotation seals everything with the
/// newest, so the older ones matter only to one that was cut off.
const KEPT_KEYS: usize = 5;

const VERSION: &str = "leitl-vault-1";

/// Seals and opens credentials.
pub struct Vault(SecretRing);

/// A sealed secret, as it is stored: bytes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The key that sealed the data key.
    kid: String,
    /// The data key, sealed: nonce, then text.
    key: String,
    /// The secret, sealed with the data key: nonce, then text.
    secret: String,
}

/// Why a secret could not be sealed or opened. Says nothing of the secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VaultError {
    /// The key that sealed it is not in `vault.json`.
    #[error("the key {0:?} that sealed this is not in vault.json")]
    UnknownKey(String),
    /// It was changed, or belongs to another user or source.
    #[error("the sealed credentials are damaged or belong elsewhere")]
    Damaged,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    /// There is no key.
    #[error("vault.json has no key")]
    NoKey,
}

impl Vault {
    /// Opens the vault of a data directory, making its key where it is missing: for
    /// a server.
    ///
    /// # Errors
    /// Names the file that cannot be made, read or understood.
    pub fn open_or_create(data_dir: &Path) -> anyhow::Result<Self> {
        let given = std::env::var_os("CREDENTIALS_DIRECTORY")
            .map(|directory| Path::new(&directory).join("vault.json"))
            .filter(|path| path.exists());
        let path = given.unwrap_or_else(|| data_dir.join("vault.json"));
        SecretRing::open_or_create(path, KEPT_KEYS).map(Self)
    }

    /// Opens the vault of a data directory that a server has used: for commands.
    ///
    /// # Errors
    /// If there is no key, or it cannot be read.
    pub fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let ring =
            SecretRing::open(data_dir.join("vault.json"), KEPT_KEYS)?.with_context(|| {
                format!(
                    "there is no vault.json in {}: give the --data-dir of a server that has run",
                    data_dir.display()
                )
            })?;
        Ok(Self(ring))
    }

    /// Adds a key that seals from now on, and returns its name.
    ///
    /// # Errors
    /// If the file cannot be written; then nothing has changed.
    pub fn rotate(&self) -> anyhow::Result<String> {
        self.0.rotate()
    }

    /// Seals a secret.
    ///
    /// # Errors
    /// If there is no key.
    pub fn seal(&self, owner: &SourceAddress, secret: &SecretString) -> Result<Sealed, VaultError> {
        let data_key = DataKey::try_generate().map_err(|_| VaultError::NoRandomness)?;
        let cipher = XChaCha20Poly1305::new(&data_key);
        let secret = encrypt(&cipher, secret.expose_secret().as_bytes(), &bound_to(owner))?;
        let newest = self.0.newest().ok_or(VaultError::NoKey)?;
        Ok(Sealed {
            key: wrap(&newest, &data_key, owner)?,
            kid: newest.kid,
            secret,
        })
    }

    /// Opens a secret.
    ///
    /// # Errors
    /// If it was sealed by a key that is gone, for another source, or was changed.
    pub fn open_sealed(
        &self,
        owner: &SourceAddress,
        sealed: &Sealed,
    ) -> Result<SecretString, VaultError> {
        let data_key = self.unwrap(owner, sealed)?;
        let cipher =
            XChaCha20Poly1305::new_from_slice(&data_key).map_err(|_| VaultError::Damaged)?;
        let secret = decrypt(&cipher, &sealed.secret, &bound_to(owner))?;
        let secret = String::from_utf8(secret).map_err(|_| VaultError::Damaged)?;
        Ok(SecretString::from(secret))
    }

    /// Seals a secret's data key with the newest key; `None` if it is already.
    ///
    /// # Errors
    /// As [`Vault::open_sealed`].
    pub fn rewrap(
        &self,
        owner: &SourceAddress,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, VaultError> {
        let newest = self.0.newest().ok_or(VaultError::NoKey)?;
        if newest.kid == sealed.kid {
            return Ok(None);
        }
        let data_key = self.unwrap(owner, sealed)?;
        Ok(Some(Sealed {
            key: wrap(&newest, &data_key, owner)?,
            kid: newest.kid,
            secret: sealed.secret.clone(),
        }))
    }

    fn unwrap(&self, owner: &SourceAddress, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let key = self
            .0
            .find(&sealed.kid)
            .ok_or_else(|| VaultError::UnknownKey(sealed.kid.clone()))?;
        decrypt(
            &cipher_of(&key),
            &sealed.key,
            &bound_to_key(owner, &sealed.kid),
        )
    }
}

/// The additional data of a secret: what it belongs to.
fn bound_to(owner: &SourceAddress) -> String {
    format!("{VERSION}|{owner}")
}

/// The additional data of a data key.
fn bound_to_key(owner: &SourceAddress, kid: &str) -> String {
    format!("{VERSION}|{owner}|{kid}")
}

/// The secret has 330 random bits already, so a hash makes a key of it.
fn cipher_of(key: &Key) -> XChaCha20Poly1305 {
    let hash: [u8; 32] = Sha256::digest(key.secret.as_bytes()).into();
    XChaCha20Poly1305::new(&hash.into())
}

fn wrap(key: &Key, data_key: &[u8], owner: &SourceAddress) -> Result<String, VaultError> {
    encrypt(&cipher_of(key), data_key, &bound_to_key(owner, &key.kid))
}

fn encrypt(cipher: &XChaCha20Poly1305, text: &[u8], bound: &str) -> Result<String, VaultError> {
    let nonce = XNonce::try_generate().map_err(|_| VaultError::NoRandomness)?;
    let payload = Payload {
        msg: text,
        aad: bound.as_bytes(),
    };
    let sealed = cipher
        .encrypt(&nonce, payload)
        .map_err(|_| VaultError::Damaged)?;
    Ok(hex(&nonce) + &hex(&sealed))
}

fn decrypt(cipher: &XChaCha20Poly1305, text: &str, bound: &str) -> Result<Vec<u8>, VaultError> {
    let bytes = from_hex(text).ok_or(VaultError::Damaged)?;
    let (nonce, sealed) = bytes.split_at_checked(24).ok_or(VaultError::Damaged)?;
    let nonce = XNonce::try_from(nonce).map_err(|_| VaultError::Damaged)?;
    let payload = Payload {
        msg: sealed,
        aad: bound.as_bytes(),
    };
    cipher
        .decrypt(&nonce, payload)
        .map_err(|_| VaultError::Damaged)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(text: &str) -> SourceAddress {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_source_alone() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open_or_create(dir.path()).unwrap();
        let ann = owner("default/ann/docs");
        let sealed = vault.seal(&ann, &"hunter2".into()).unwrap();
        let stored = serde_json::to_string(&sealed).unwrap();
        assert!(!stored.contains("hunter2") && !stored.contains(&hex(b"hunter2")));
        let open = |owner: &SourceAddress| vault.open_sealed(owner, &sealed);
        assert_eq!(open(&ann).unwrap().expose_secret(), "hunter2");
        for other in [owner("default/ben/docs"), owner("default/ann/wiki")] {
            assert_eq!(open(&other).err(), Some(VaultError::Damaged));
        }
    }

    #[test]
    fn a_changed_record_does_not_open() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open_or_create(dir.path()).unwrap();
        let ann = owner("default/ann/docs");
        let sealed = vault.seal(&ann, &"hunter2".into()).unwrap();
        let other = vault.seal(&ann, &"letmein".into()).unwrap();
        let swapped = Sealed {
            secret: other.secret,
            ..sealed.clone()
        };
        let cut = Sealed {
            secret: sealed.secret[..20].to_owned(),
            ..sealed.clone()
        };
        let foreign = Sealed {
            secret: "äöü".to_owned(),
            ..sealed
        };
        for wrong in [swapped, cut, foreign] {
            let opened = vault.open_sealed(&ann, &wrong);
            assert_eq!(opened.err(), Some(VaultError::Damaged));
        }
    }

    #[test]
    fn a_rotation_changes_the_key_and_not_the_secret() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open_or_create(dir.path()).unwrap();
        let ann = owner("default/ann/docs");
        let sealed = vault.seal(&ann, &"hunter2".into()).unwrap();
        assert_eq!(vault.rewrap(&ann, &sealed), Ok(None));
        let kid = vault.rotate().unwrap();
        let rewrapped = vault.rewrap(&ann, &sealed).unwrap().unwrap();
        assert_eq!((&rewrapped.kid, &rewrapped.secret), (&kid, &sealed.secret));
        let opened = vault.open_sealed(&ann, &rewrapped).unwrap();
        assert_eq!(opened.expose_secret(), "hunter2");
    }
}
