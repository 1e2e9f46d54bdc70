//! A file of secrets, readable by its owner alone: the newest is used for what is
//! new, the older ones for what was made before. Processes that share the file
//! notice by themselves when one of them adds a secret.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::RwLock,
};

use anyhow::{Context, bail, ensure};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::{protocol::Timestamp, server::random};

/// A secret and its name.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Key {
    /// Its name.
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

/// The secrets of one file.
pub(super) struct SecretRing {
    path: PathBuf,
    /// How many are kept; a rotation beyond that forgets the oldest.
    kept: usize,
    /// The secrets and which file they were read from.
    loaded: RwLock<(Vec<Key>, Option<Identity>)>,
}

impl SecretRing {
    /// Opens a file, making it with a first secret where it is missing.
    ///
    /// # Errors
    /// Names the file that cannot be made, read or understood.
    pub(super) fn open_or_create(path: PathBuf, kept: usize) -> anyhow::Result<Self> {
        if read(&path)?.is_none() {
            create(&path)?;
        }
        Self::open(path, kept)?.context("the file has vanished")
    }

    /// Opens a file; `None` if there is none.
    ///
    /// # Errors
    /// Names the file that cannot be read or understood.
    pub(super) fn open(path: PathBuf, kept: usize) -> anyhow::Result<Option<Self>> {
        let identity = identity(&path);
        Ok(read(&path)?.map(|file| Self {
            path,
            kept,
            loaded: RwLock::new((file.keys, identity)),
        }))
    }

    /// Adds a secret that is the newest from now on, and returns its name.
    ///
    /// # Errors
    /// If the file cannot be written; then nothing has changed.
    pub(super) fn rotate(&self) -> anyhow::Result<String> {
        // Two at once would lose the secret of one, with what it sealed.
        let _alone = lock_folder(&self.path)?;
        let mut file = read(&self.path)?.context("the key file has vanished")?;
        let key = Key::generate();
        let kid = key.kid.clone();
        file.keys.insert(0, key);
        file.keys.truncate(self.kept);
        let scratch = self.path.with_extension("json.new");
        // Left over from a rotation that was cut off.
        let _ = fs::remove_file(&scratch);
        write_new(&scratch, &file)?;
        fs::rename(&scratch, &self.path)
            .with_context(|| format!("cannot replace {}", self.path.display()))?;
        self.reload();
        Ok(kid)
    }

    /// The newest.
    pub(super) fn newest(&self) -> Option<Key> {
        self.refresh();
        self.with_keys(|keys| keys.first().cloned())
    }

    /// The one of this name, if it is kept.
    pub(super) fn find(&self, kid: &str) -> Option<Key> {
        let look = || self.with_keys(|keys| keys.iter().find(|key| key.kid == kid).cloned());
        look().or_else(|| {
            self.refresh();
            look()
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

/// Keeps other processes from rotating. The lock ends with the file that is
/// returned.
fn lock_folder(path: &Path) -> anyhow::Result<File> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let lock = || -> std::io::Result<File> {
        let folder = File::open(folder)?;
        flock(&folder, FlockOperation::LockExclusive)?;
        Ok(folder)
    };
    lock().with_context(|| format!("cannot lock {}", folder.display()))
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

    fn ring(path: &Path) -> SecretRing {
        SecretRing::open_or_create(path.to_owned(), 3).unwrap()
    }

    #[test]
    fn secrets_survive_and_only_the_owner_reads_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        let first = ring(&path).newest().unwrap();
        assert_eq!(first.secret, ring(&path).newest().unwrap().secret);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_rotation_keeps_old_secrets_and_reaches_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        let (server, command) = (ring(&path), ring(&path));
        let old = server.newest().unwrap().kid;
        let new = command.rotate().unwrap();
        assert_ne!(old, new);
        assert!(server.find(&new).is_some(), "a running server learns of it");
        assert!(server.find(&old).is_some(), "and still knows the old one");
        assert_eq!(server.newest().unwrap().kid, new);
        command.rotate().unwrap();
        command.rotate().unwrap();
        assert!(ring(&path).find(&old).is_none(), "three are kept");
    }

    #[test]
    fn rotations_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        SecretRing::open_or_create(path.clone(), 100).unwrap();
        let rotate = || {
            let ring = SecretRing::open(path.clone(), 100).unwrap().unwrap();
            (0..10).map(|_| ring.rotate().unwrap()).collect::<Vec<_>>()
        };
        let made: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(rotate)).collect();
            let joined = threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap());
            joined.collect()
        });
        let ring = SecretRing::open(path.clone(), 100).unwrap().unwrap();
        let lost: Vec<_> = made.iter().filter(|kid| ring.find(kid).is_none()).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn a_damaged_file_is_named_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        fs::write(&path, "{\"keys\": \"secret-of-ours\"}").unwrap();
        let opened = SecretRing::open_or_create(path.clone(), 3);
        let error = format!("{:#}", opened.err().unwrap());
        assert!(
            error.contains("keys.json") && !error.contains("secret-of-ours"),
            "{error}"
        );
        assert!(path.exists());
    }
}
