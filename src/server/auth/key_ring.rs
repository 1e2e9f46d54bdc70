//! The signing keys in the data directory.
//!
//! One file, `keys.json`, readable by its owner alone. The newest key signs; the
//! older ones still verify, so a rotation logs nobody out. A token names its key
//! by `kid` (RFC 7515, section 4.1.4).

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::RwLock,
};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::{protocol::Timestamp, server::random};

/// How many keys verify; a rotation beyond that forgets the oldest.
const KEPT_KEYS: usize = 3;

/// A secret for HMAC with SHA-256 (RFC 7518, section 3.2: at least 256 bits).
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Key {
    pub kid: String,
    /// 64 random characters of 36: 330 bits.
    pub secret: String,
    created_at: Timestamp,
}

impl Key {
    fn generate() -> Self {
        Self {
            kid: random::text(8),
            secret: random::text(64),
            created_at: crate::server::now(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    /// Newest first.
    keys: Vec<Key>,
}

/// The keys of one data directory.
pub struct KeyRing {
    path: PathBuf,
    /// The keys and which file they were read from.
    loaded: RwLock<(Vec<Key>, Option<Identity>)>,
}

impl KeyRing {
    /// Opens the keys of a data directory, making both where they are missing: for
    /// a server.
    ///
    /// # Errors
    /// Names the directory or file that cannot be made, read or understood.
    pub fn open_or_create(data_dir: &Path) -> anyhow::Result<Self> {
        prepare_data_dir(data_dir)?;
        let path = data_dir.join("keys.json");
        if read(&path)?.is_none() {
            create(&path)?;
        }
        Self::open(data_dir)
    }

    /// Opens the keys of a data directory that a server has used: for commands. A
    /// token signed with a new key in a mistyped directory would be good nowhere.
    ///
    /// # Errors
    /// If there are no keys, or they cannot be read.
    pub fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join("keys.json");
        let identity = identity(&path);
        let file = read(&path)?.with_context(|| {
            format!(
                "there are no keys in {}: give the --data-dir of a server that has run",
                data_dir.display()
            )
        })?;
        Ok(Self {
            path,
            loaded: RwLock::new((file.keys, identity)),
        })
    }

    /// Adds a key that signs from now on. Servers that run notice by themselves.
    ///
    /// # Errors
    /// If the file cannot be written; then nothing has changed.
    pub fn rotate(&self) -> anyhow::Result<String> {
        let mut file = read(&self.path)?.context("the key file has vanished")?;
        let key = Key::generate();
        let kid = key.kid.clone();
        file.keys.insert(0, key);
        file.keys.truncate(KEPT_KEYS);
        let scratch = self.path.with_extension("json.new");
        // Left over from a rotation that was cut off.
        let _ = fs::remove_file(&scratch);
        write_new(&scratch, &file)?;
        fs::rename(&scratch, &self.path)
            .with_context(|| format!("cannot replace {}", self.path.display()))?;
        self.reload();
        Ok(kid)
    }

    /// The key that signs.
    pub(super) fn signing(&self) -> Option<Key> {
        self.refresh();
        self.with_keys(|keys| keys.first().cloned())
    }

    /// The key of this name, if it still verifies.
    pub(super) fn verifying(&self, kid: &str) -> Option<Key> {
        let find = || self.with_keys(|keys| keys.iter().find(|key| key.kid == kid).cloned());
        find().or_else(|| {
            self.refresh();
            find()
        })
    }

    fn with_keys<T>(&self, read: impl FnOnce(&[Key]) -> T) -> T {
        read(
            &self
                .loaded
                .read()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .0,
        )
    }

    /// Reads the file again if it changed: another process may have rotated. A
    /// file that cannot be read just now changes nothing.
    fn refresh(&self) {
        let known = self
            .loaded
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .1;
        if identity(&self.path) != known {
            self.reload();
        }
    }

    fn reload(&self) {
        let changed = identity(&self.path);
        if let Ok(Some(file)) = read(&self.path) {
            *self
                .loaded
                .write()
                .unwrap_or_else(|poisoned| poisoned.into_inner()) = (file.keys, changed);
        }
    }
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
        fs::DirBuilder::new()
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

/// What tells one file from the one that replaced it: a rotation makes a new file,
/// perhaps within the resolution of its time of change.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    inode: u64,
    changed_seconds: i64,
    changed_nanoseconds: i64,
}

fn identity(path: &Path) -> Option<Identity> {
    let metadata = fs::metadata(path).ok()?;
    Some(Identity {
        inode: metadata.ino(),
        changed_seconds: metadata.mtime(),
        changed_nanoseconds: metadata.mtime_nsec(),
    })
}

fn read(path: &Path) -> anyhow::Result<Option<KeyFile>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => bail!("cannot read the keys in {}: {error}", path.display()),
    };
    // The parser's own message could quote a secret.
    let file: KeyFile = serde_json::from_str(&text)
        .ok()
        .with_context(|| format!("the keys in {} are damaged", path.display()))?;
    ensure!(
        !file.keys.is_empty(),
        "there is no key in {}",
        path.display()
    );
    Ok(Some(file))
}

/// Makes the first key. Of two processes that try at once one wins, and both use
/// its key: the file appears whole or not at all.
fn create(path: &Path) -> anyhow::Result<()> {
    let scratch = path.with_extension(format!("json.{}", random::text(8)));
    write_new(
        &scratch,
        &KeyFile {
            keys: vec![Key::generate()],
        },
    )?;
    let linked = fs::hard_link(&scratch, path);
    let _ = fs::remove_file(&scratch);
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            bail!("cannot make {}: {error}", path.display())
        }
        _ => Ok(()),
    }
}

fn write_new(path: &Path, file: &KeyFile) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let mut output = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        output.write_all(&serde_json::to_vec_pretty(file)?)?;
        output.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_survive_and_only_the_owner_reads_them() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let first = KeyRing::open_or_create(&data).unwrap().signing().unwrap();
        let again = KeyRing::open_or_create(&data).unwrap().signing().unwrap();
        assert_eq!(first.secret, again.secret);
        let mode = fs::metadata(data.join("keys.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::metadata(&data).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_rotation_keeps_old_keys_and_reaches_others() {
        let dir = tempfile::tempdir().unwrap();
        let (server, command) = (
            KeyRing::open_or_create(dir.path()).unwrap(),
            KeyRing::open_or_create(dir.path()).unwrap(),
        );
        let old = server.signing().unwrap().kid;
        let new = command.rotate().unwrap();
        assert_ne!(old, new);
        assert!(
            server.verifying(&new).is_some(),
            "a running server learns of the new key"
        );
        assert!(
            server.verifying(&old).is_some(),
            "and still takes the old one"
        );
        assert_eq!(server.signing().unwrap().kid, new);
    }

    #[test]
    fn a_damaged_file_is_named_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        fs::write(&path, "{\"keys\": \"secret-of-ours\"}").unwrap();
        let error = format!("{:#}", KeyRing::open_or_create(dir.path()).err().unwrap());
        assert!(
            error.contains("keys.json") && !error.contains("secret-of-ours"),
            "{error}"
        );
        assert!(path.exists());
    }
}
