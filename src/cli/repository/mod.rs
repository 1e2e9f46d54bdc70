//! Which repository a file is in: what two sessions must agree on to see that they work
//! on the same file.
//!
//! [`git_folder`] finds the repository without running git, which takes too long in a
//! hook; [`git_config`] reads its configuration and [`remote`] names it the same way
//! whatever the address it was cloned from.

mod git_config;
mod git_folder;
mod remote;

use std::{
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf},
};

use self::git_folder::GitFolder;

/// A file and the repository it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The repository: `github.com/owner/name`; without a remote
    /// `file://<host>/<path of the git folder>`; outside of git `file://<host>`.
    pub repository: String,
    /// The path in its work tree; outside of git the absolute path.
    pub path: String,
}

/// Where a file is, by an absolute path. It need not be there yet. `None` for a relative
/// path and for one that is not text.
pub fn place(file: &Path) -> Option<Place> {
    let file = real(file)?;
    let host = host();
    let Some(git) = GitFolder::around(file.parent()?) else {
        return Some(Place {
            repository: format!("file://{host}"),
            path: file.to_str()?.to_owned(),
        });
    };
    Some(Place {
        repository: repository(&git, &host)?,
        path: file.strip_prefix(&git.top).ok()?.to_str()?.to_owned(),
    })
}

/// The last part of the name of the repository that a folder is in.
pub fn name(folder: &Path) -> Option<String> {
    let git = GitFolder::around(&real(folder)?)?;
    let repository = repository(&git, &host())?;
    let repository = repository.trim_end_matches("/.git");
    Some(repository.rsplit('/').next()?.to_owned())
}

fn repository(git: &GitFolder, host: &str) -> Option<String> {
    let origin = git_config::read_origin(&git.common.join("config"));
    match origin.and_then(|url| remote::normalize(&url, &git.top, host)) {
        Some(repository) => Some(repository),
        None => Some(format!("file://{host}{}", git.common.to_str()?)),
    }
}

/// The path without links, as far as it exists; of what does not exist, without `.` and
/// `..`.
fn real(path: &Path) -> Option<PathBuf> {
    if !path.is_absolute() {
        return None;
    }
    let mut missing: Vec<OsString> = Vec::new();
    let mut start = path;
    let mut real = loop {
        match fs::canonicalize(start) {
            Ok(real) => break real,
            Err(_) => {
                missing.push(start.components().next_back()?.as_os_str().to_owned());
                start = start.parent()?;
            }
        }
    };
    for name in missing.iter().rev() {
        match Path::new(name).components().next() {
            Some(Component::Normal(name)) => real.push(name),
            Some(Component::ParentDir) => {
                real.pop();
            }
            _ => {}
        }
    }
    Some(real)
}

/// The name of this machine (proc(5)), in small letters.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "localhost".to_owned(),
        name => name.to_ascii_lowercase(),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
