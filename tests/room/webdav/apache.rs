//! Apache with mod_dav.

use std::process::Command;

use super::{
    HTPASSWD, REALM, USER,
    program::{Site, command, is_root},
};

/// MD5 of `USER:REALM:PASSWORD` (RFC 7616 section 3.4.2, A1), as htdigest(1)
/// writes it.
const HTDIGEST_HASH: &str = "1ce1d473fd5c685ede07cceec9d7aa81";

/// With Basic authentication.
pub fn basic(site: &Site) -> Command {
    let passwords = site.write("passwords", HTPASSWD);
    let authentication = format!(
        "AuthType Basic
         AuthBasicProvider file
         AuthUserFile {passwords:?}"
    );
    apache(site, &authentication)
}

/// With Digest authentication and nonces that live for a second.
pub fn digest(site: &Site) -> Command {
    let line = format!("{USER}:{REALM}:{HTDIGEST_HASH}\n");
    let passwords = site.write("passwords", &line);
    let authentication = format!(
        "AuthType Digest
         AuthDigestProvider file
         AuthDigestNonceLifetime 1
         AuthUserFile {passwords:?}"
    );
    apache(site, &authentication)
}

fn apache(site: &Site, authentication: &str) -> Command {
    let Site {
        folder,
        directory,
        port,
    } = site;
    let file = |name| directory.join(name);
    let (pid, locks) = (file("pid"), file("locks"));
    // Apache does not serve as root: then it becomes nobody.
    let user = match is_root() {
        true => "User #65534\nGroup #65534",
        false => "",
    };
    let modules: String = [
        "mpm_event",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_basic",
        "auth_digest",
        "dav",
        "dav_fs",
        "mime",
    ]
    .iter()
    .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
    .collect();
    let configuration = format!(
        "{modules}
         {user}
         ServerRoot {directory:?}
         DefaultRuntimeDir {directory:?}
         PidFile {pid:?}
         ErrorLog /dev/stderr
         ServerName localhost
         Listen 127.0.0.1:{port}
         TypesConfig /dev/null
         AddType text/markdown .md
         DavLockDB {locks:?}
         DocumentRoot {folder:?}
         <Directory {folder:?}>
             Dav On
             AllowOverride None
             AuthName {REALM}
             {authentication}
             Require valid-user
         </Directory>
        "
    );
    let configuration = site.write("apache.conf", &configuration);
    let mut command = command("apache2");
    // -X: one process, in the foreground.
    command.arg("-X").arg("-f").arg(configuration);
    command
}
