//! wsgidav, a server in Python, on cheroot.

use std::process::Command;

use serde_json::json;

use super::{
    PASSWORD, USER,
    program::{Site, command},
};

/// With Basic authentication.
pub fn serve(site: &Site) -> Command {
    let configuration = json!({
        "host": "127.0.0.1",
        "port": site.port,
        "provider_mapping": {"/": site.folder},
        "http_authenticator": {
            "accept_basic": true,
            "accept_digest": false,
            "default_to_digest": false,
        },
        "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
    });
    let configuration = site.write("wsgidav.json", &configuration.to_string());
    let mut command = command("wsgidav");
    command.arg("--config").arg(configuration);
    command
}
