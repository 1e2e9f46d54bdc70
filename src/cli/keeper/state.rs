//! What this machine knows of its sessions: a file for each, of their user alone.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::process::getuid;
use serde::{Deserialize, Serialize};

use super::process::Process;
use crate::protocol::{Reason, SessionId};

/// Why there is no place for the state.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The environment names none.
    #[error("there is no folder for the state of sessions: set XDG_STATE_HOME or HOME")]
    Nowhere,
    /// It cannot be made.
    #[error("cannot make the folder {}", .path.display())]
    NotMade {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could write in it.
    #[error("the folder {} must be yours alone (mode 0700)", .path.display())]
    NotPrivate {
        /// The folder.
        path: PathBuf,
    },
}

/// The folder of the state.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// What is known of one session. No token: whoever acts for it has its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The session.
    pub session_id: SessionId,
    /// The server's address.
    pub url: String,
    /// The process that keeps the session alive.
    pub keeper: Process,
    /// The process with which the session ends.
    pub process: Process,
    /// Why the session ends, once the keeper is told to end it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub farewell: Option<Reason>,
}

impl Folder {
    /// The folder that the environment names (XDG Base Directory Specification), made
    /// if it is not there.
    ///
    /// # Errors
    /// If there is none, or it is not private.
    pub fn open() -> Result<Self, FolderError> {
        let named = |variable, below: &str| {
            let path = PathBuf::from(env::var_os(variable)?);
            // A relative one is to be ignored (ibid.).
            path.is_absolute().then(|| path.join(below))
        };
        let path = named("XDG_RUNTIME_DIR", "leitl")
            .or_else(|| named("XDG_STATE_HOME", "leitl"))
            .or_else(|| named("HOME", ".local/state/leitl"))
            .ok_or(FolderError::Nowhere)?;
        Self::at(path)
    }

    fn at(path: PathBuf) -> Result<Self, FolderError> {
        let found = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .and_then(|()| fs::symlink_metadata(&path));
        match found {
            Err(source) => Err(FolderError::NotMade { path, source }),
            Ok(found)
                if found.is_dir()
                    && found.uid() == getuid().as_raw()
                    && found.mode() & 0o077 == 0 =>
            {
                Ok(Self(path))
            }
            Ok(_) => Err(FolderError::NotPrivate { path }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is known of a session.
    pub fn read(&self, session_id: &SessionId) -> Option<State> {
        let json = fs::read(self.file(session_id)).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// Replaces what is known of a session.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, state: &State) -> io::Result<()> {
        let path = self.file(&state.session_id);
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(&serde_json::to_vec(state)?))
            .and_then(|()| fs::rename(&draft, &path));
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written
    }

    /// Forgets a session, unless another keeper has it by now.
    pub fn forget(&self, session_id: &SessionId, keeper: Process) {
        if self
            .read(session_id)
            .is_some_and(|state| state.keeper == keeper)
        {
            // That it is gone already is as good.
            let _ = fs::remove_file(self.file(session_id));
        }
    }

    /// Forgets the sessions whose keepers were killed.
    pub fn sweep(&self) {
        let files = fs::read_dir(&self.0).into_iter().flatten().flatten();
        for path in files.map(|entry| entry.path()) {
            let state: Option<State> = fs::read(&path)
                .ok()
                .and_then(|json| serde_json::from_slice(&json).ok());
            if state.is_some_and(|state| !state.keeper.is_running()) {
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Session ids are plain names.
    fn file(&self, session_id: &SessionId) -> PathBuf {
        self.0.join(format!("{session_id}.json"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn state() -> State {
        let own = Process::of(std::process::id().cast_signed()).unwrap();
        State {
            session_id: "leitl-cece-1".parse().unwrap(),
            url: "http://127.0.0.1:8000".into(),
            keeper: own,
            process: own,
            farewell: None,
        }
    }

    #[test]
    fn what_is_written_is_private_read_again_and_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::at(home.path().join("a/leitl")).unwrap();
        let state = state();
        assert_eq!(folder.read(&state.session_id), None);
        folder.write(&state).unwrap();
        assert_eq!(folder.read(&state.session_id), Some(state.clone()));
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.path().join("leitl-cece-1.json")), 0o600);
        let other = Process::of(1).unwrap();
        folder.forget(&state.session_id, other);
        assert!(folder.read(&state.session_id).is_some());
        folder.forget(&state.session_id, state.keeper);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_the_dead_are_swept_away() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::at(home.path().join("leitl")).unwrap();
        let alive = state();
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let keeper = Process::of(child.id().cast_signed()).unwrap();
        drop(child.stdin.take());
        child.wait().unwrap();
        folder.write(&alive).unwrap();
        fs::write(folder.path().join("hook.log"), "a line\n").unwrap();
        let dead = State {
            session_id: "leitl-dan-1".parse().unwrap(),
            keeper,
            ..state()
        };
        folder.write(&dead).unwrap();
        folder.sweep();
        assert_eq!(folder.read(&alive.session_id), Some(alive));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_of_others_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("leitl");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o770)).unwrap();
        let error = Folder::at(path.clone()).unwrap_err().to_string();
        assert!(error.contains("0700"), "{error}");
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink(home.path(), &path).unwrap();
        assert!(matches!(
            Folder::at(path),
            Err(FolderError::NotPrivate { .. })
        ));
    }
}
