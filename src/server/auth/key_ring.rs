//! The signing keys in the data directory: `keys.json`.
//!
//! The newest key signs; the older ones still verify, so a rotation logs nobody
//! out. A token names its key by `kid` (RFC 7515, section 4.1.4). Each is a secret
//! for HMAC with SHA-256 (RFC 7518, section 3.2: at least 256 bits).

use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

use super::secret_ring::{Key, SecretRing};
use crate::server::random;

/// How many keys verify.
const KEPT_KEYS: usize = 3;

/// The signing keys of one data directory.
pub struct KeyRing(SecretRing);

impl KeyRing {
    /// Opens the keys of a data directory, making both where they are missing: for
    /// a server.
    ///
    /// # Errors
    /// Names the directory or file that cannot be made, read or understood.
    pub fn open_or_create(data_dir: &Path) -> anyhow::Result<Self> {
        prepare_data_dir(data_dir)?;
        SecretRing::open_or_create(path(data_dir), KEPT_KEYS).map(Self)
    }

    /// Opens the keys of a data directory that a server has used: for commands. A
    /// token signed with a new key in a mistyped directory would be good nowhere.
    ///
    /// # Errors
    /// If there are no keys, or they cannot be read.
    pub fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let ring = SecretRing::open(path(data_dir), KEPT_KEYS)?.with_context(|| {
            format!(
                "there are no keys in {}: give the --data-dir of a server that has run",
                data_dir.display()
            )
        })?;
        Ok(Self(ring))
    }

    /// Adds a key that signs from now on. Servers that run notice by themselves.
    ///
    /// # Errors
    /// If the file cannot be written; then nothing has changed.
    pub fn rotate(&self) -> anyhow::Result<String> {
        self.0.rotate()
    }

    /// The key that signs.
    pub(super) fn signing(&self) -> Option<Key> {
        self.0.newest()
    }

    /// The key of this name, if it still verifies.
    pub(super) fn verifying(&self, kid: &str) -> Option<Key> {
        self.0.find(kid)
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("keys.json")
}

/// Makes a data directory that only its owner can read, and sees that it can be
/// written.
///
/// # Errors
/// Names the directory.
fn prepare_data_dir(data_dir: &Path) -> anyhow::Result<()> {
    if data_dir.exists() {
        ensure!(
            data_dir.is_dir(),
            "the data directory {} is not a directory",
            data_dir.display()
        );
    } else {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .with_context(|| format!("cannot make the data directory {}", data_dir.display()))?;
    }
    let probe = data_dir.join(format!(".writable-{}", random::text(8)));
    File::create(&probe)
        .and_then(|_| fs::remove_file(&probe))
        .with_context(|| format!("the data directory {} is not writable", data_dir.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_data_directory_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let made = KeyRing::open_or_create(&data).unwrap().signing().unwrap();
        assert_eq!(
            KeyRing::open(&data).unwrap().signing().unwrap().kid,
            made.kid
        );
        let mode = fs::metadata(&data).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_command_makes_no_keys() {
        let dir = tempfile::tempdir().unwrap();
        let error = KeyRing::open(dir.path()).err().unwrap().to_string();
        assert!(error.contains("--data-dir"), "{error}");
        assert!(!dir.path().join("keys.json").exists());
    }
}
