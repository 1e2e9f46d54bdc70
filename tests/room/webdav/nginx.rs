//! nginx with its DAV module and dav-ext, which adds PROPFIND.

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
    let pid = directory.join("pid");
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {:?};\n", directory.join(name)))
        .collect();
    let configuration = format!(
        "load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
         daemon off;
         master_process off;
         pid {pid:?};
         error_log stderr;
         events {{}}
         http {{
             access_log off;
             {temporary}
             types {{ text/markdown md; }}
             server {{
                 listen 127.0.0.1:{port};
                 root {folder:?};
                 autoindex on;
                 dav_methods PUT DELETE MKCOL COPY MOVE;
                 dav_ext_methods PROPFIND OPTIONS;
                 auth_basic {REALM};
                 auth_basic_user_file {passwords:?};
             }}
         }}
        "
    );
    let configuration = site.write("nginx.conf", &configuration);
    let mut command = command("nginx");
    command.arg("-e").arg("stderr").arg("-p").arg(directory);
    command.arg("-c").arg(configuration);
    command
}
