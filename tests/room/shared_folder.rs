//! A WebDAV folder that needs no other program: a user's share on a second server of
//! ours, whose token is the password.

use reqwest::{Method, header::AUTHORIZATION};

use crate::{
    client::{Answer, Client},
    server::{Server, Setup},
};

/// A share and the server that has it.
pub struct SharedFolder {
    server: Server,
    user: Client,
}

impl SharedFolder {
    /// An empty one.
    pub async fn start() -> Self {
        let server = Setup::new().start().await;
        let user = server.user("sharer").await;
        Self { server, user }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}/dav/{}/", self.server.url, Self::USER)
    }

    /// Who may read it.
    pub const USER: &str = "sharer";

    /// The password of who may read it.
    pub fn password(&self) -> &str {
        self.user.token.as_deref().unwrap()
    }

    /// Writes a file.
    pub async fn put(&self, path: &str, text: &str) {
        let path = format!("/dav/{}/{path}", Self::USER);
        let request = self.user.request(Method::PUT, &path);
        let answer = Answer::of(request.body(text.to_owned())).await;
        assert!([201, 204].contains(&answer.status), "{answer:?}");
    }

    /// The header with which a source signs in by Basic (RFC 7617).
    pub fn basic_header(&self) -> String {
        let request = reqwest::Client::new()
            .get(self.url())
            .basic_auth(Self::USER, Some(self.password()))
            .build()
            .unwrap();
        let header = request.headers()[AUTHORIZATION].to_str().unwrap();
        header.strip_prefix("Basic ").unwrap().to_owned()
    }
}
