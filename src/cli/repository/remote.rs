//! One name for a repository, whatever the address it was cloned from.

use std::path::Path;

use reqwest::Url;

/// `host/owner/name` of a remote's address (git-fetch(1), "Git URLs"): without scheme,
/// credentials, port and `.git`. A path on this machine becomes `file://<host><path>`.
/// `None` if it is neither.
pub fn normalize(address: &str, top: &Path, host: &str) -> Option<String> {
    if let Some(path) = address.strip_prefix("file://") {
        return local(Path::new(&path[path.find('/')?..]), host);
    }
    if address.contains("://") {
        let url = Url::parse(address).ok()?;
        return joined(url.host_str()?, url.path());
    }
    // `[user@]host:path`, unless a slash comes before the colon.
    match address.split_once(':') {
        Some((machine, path)) if !machine.contains('/') && !machine.is_empty() => {
            let machine = machine.rsplit('@').next().unwrap_or_default();
            joined(machine, path)
        }
        _ => local(&super::real(&top.join(address))?, host),
    }
}

fn joined(host: &str, path: &str) -> Option<String> {
    let path = trimmed(path.trim_start_matches('/'));
    (!host.is_empty() && !path.is_empty()).then(|| format!("{}/{path}", host.to_ascii_lowercase()))
}

fn local(path: &Path, host: &str) -> Option<String> {
    let path = trimmed(path.to_str()?);
    path.starts_with('/')
        .then(|| format!("file://{host}{path}"))
}

/// Without what may stand at the end or not.
fn trimmed(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git")
        .unwrap_or(path)
        .trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repository_has_one_name() {
        for address in [
            "https://github.com/Ann/leitl.git",
            "https://ann:secret@github.com/Ann/leitl",
            "https://ghp_secret@GitHub.com:443/Ann/leitl/",
            "ssh://git@github.com:22/Ann/leitl.git",
            "git@github.com:Ann/leitl.git",
            "github.com:/Ann/leitl",
            "git+ssh://git@github.com/Ann/leitl.git",
        ] {
            assert_eq!(
                normalize(address, Path::new("/"), "here").as_deref(),
                Some("github.com/Ann/leitl"),
                "{address}"
            );
        }
    }

    #[test]
    fn a_path_is_of_this_machine() {
        for address in [
            "/srv/no.such/a.git",
            "../../srv/no.such/a/",
            "file:///srv/no.such/a.git",
        ] {
            assert_eq!(
                normalize(address, Path::new("/no.such/top"), "here").as_deref(),
                Some("file://here/srv/no.such/a"),
                "{address}"
            );
        }
    }

    #[test]
    fn what_is_no_address_has_no_name() {
        for address in [
            "https://",
            "https://host",
            "file://host",
            "ssh://",
            "x:",
            "x:/",
        ] {
            assert_eq!(
                normalize(address, Path::new("/"), "here"),
                None,
                "{address}"
            );
        }
    }
}
