//! Which server a command talks to, and as whom.

use anyhow::Context;

use super::client::Client;

/// The flags that every command has that talks to a server.
#[derive(clap::Args)]
pub struct ConnectionArguments {
    /// The server's address
    #[arg(
        long,
        env = "LEITL_URL",
        default_value = "http://127.0.0.1:8000",
        help_heading = "LEITL server"
    )]
    url: String,
    /// Your user token there, as `leitl token` prints it
    #[arg(
        long,
        env = "LEITL_TOKEN",
        hide_env_values = true,
        help_heading = "LEITL server"
    )]
    token: Option<String>,
}

impl ConnectionArguments {
    /// A client of that server.
    ///
    /// # Errors
    /// If there is no token, or the address is none.
    pub fn client(self) -> anyhow::Result<Client> {
        // Not made with the data directory's key, as the demo does: whose sources
        // are meant would be a guess.
        let token = self.token.filter(|token| !token.is_empty()).context(
            "there is no token: set LEITL_TOKEN to what `leitl token --user you` prints",
        )?;
        Ok(Client::new(&self.url, token)?)
    }
}
