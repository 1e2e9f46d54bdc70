//! Tokens that nobody should take: signed with the server's own key, or with
//! another, over claims that are wrong in one place.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::server::Server;

/// The signing key of a server, as its data directory has it.
pub struct Forger {
    kid: String,
    secret: String,
}

impl Forger {
    pub fn of(server: &Server) -> Self {
        let path = server.setup().data_dir().join("keys.json");
        let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let text = |member: &str| file["keys"][0][member].as_str().unwrap().to_owned();
        Self {
            kid: text("kid"),
            secret: text("secret"),
        }
    }

    /// Claims of a user token that is right, with these in place of the usual.
    pub fn claims(&self, changes: Value) -> Value {
        let mut claims = json!({
            "sub": "ann",
            "aud": "leitl-api",
            "workspace": "default",
            "iat": now() - 10,
            "exp": now() + 600,
            "jti": "forged",
        });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims
                    .as_object_mut()
                    .unwrap()
                    .insert(name.clone(), value.clone()),
            };
        }
        claims
    }

    /// Signed with the server's key.
    pub fn sign(&self, changes: Value) -> String {
        self.sign_with(Algorithm::HS256, &self.secret, changes)
    }

    /// Signed with the server's key by another algorithm.
    pub fn sign_by(&self, algorithm: Algorithm) -> String {
        self.sign_with(algorithm, &self.secret, json!({}))
    }

    /// Signed with a key that the server does not have, under the name of one.
    pub fn sign_with_other_key(&self) -> String {
        self.sign_with(Algorithm::HS256, &"x".repeat(64), json!({}))
    }

    fn sign_with(&self, algorithm: Algorithm, secret: &str, changes: Value) -> String {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(algorithm)
        };
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&header, &self.claims(changes), &key).unwrap()
    }

    /// Not signed at all (RFC 7519, section 6: an unsecured JWT).
    pub fn unsecured(&self) -> String {
        let header = json!({"alg": "none", "typ": "JWT", "kid": self.kid});
        format!("{}.{}.", encoded(&header), encoded(&self.claims(json!({}))))
    }
}

/// JSON as a part of a token: the second part of one made for the purpose.
fn encoded(json: &Value) -> String {
    let key = EncodingKey::from_secret(b"any");
    let token = jsonwebtoken::encode(&Header::default(), json, &key).unwrap();
    token.split('.').nth(1).unwrap().to_owned()
}

/// Seconds since the Unix epoch.
pub fn now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since_epoch.as_secs()).unwrap()
}
