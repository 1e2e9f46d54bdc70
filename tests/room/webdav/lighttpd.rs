//! lighttpd with mod_webdav.

use std::process::Command;

use super::{
    HTPASSWD, REALM,
    program::{Site, command},
};

/// With Basic authentication.
pub fn serve(site: &Site) -> Command {
    let Site {
        folder,
        directory,
        port,
    } = site;
    let passwords = site.write("passwords", HTPASSWD);
    let configuration = format!(
        r#"server.modules = ("mod_auth", "mod_authn_file", "mod_webdav")
           server.bind = "127.0.0.1"
           server.port = {port}
           server.document-root = {folder:?}
           server.upload-dirs = ({directory:?})
           # It would cut a file that has just grown at the size it had before.
           server.stat-cache-engine = "disable"
           mimetype.assign = (".md" => "text/markdown")
           webdav.activate = "enable"
           auth.backend = "htpasswd"
           auth.backend.htpasswd.userfile = {passwords:?}
           auth.require = ("/" => ("method" => "basic", "realm" => "{REALM}", "require" => "valid-user"))
        "#
    );
    let configuration = site.write("lighttpd.conf", &configuration);
    let mut command = command("lighttpd");
    // -D: in the foreground.
    command.arg("-D").arg("-f").arg(configuration);
    command
}
