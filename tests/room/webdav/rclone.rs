//! `rclone serve webdav`.

use std::process::Command;

use super::{
    PASSWORD, USER,
    program::{Site, command},
};

/// With Basic authentication.
pub fn serve(site: &Site) -> Command {
    let mut command = command("rclone");
    command
        .args(["serve", "webdav"])
        .arg(&site.folder)
        .args(["--addr", &format!("127.0.0.1:{}", site.port)])
        .args(["--user", USER, "--pass", PASSWORD])
        // How long it may not see what others do to the folder; by itself five
        // minutes. Without it, it reads a folder once for every file it lists.
        .args(["--dir-cache-time", "100ms"])
        // Not the configuration of whoever runs the tests.
        .arg("--config")
        .arg(site.directory.join("rclone.conf"));
    command
}
