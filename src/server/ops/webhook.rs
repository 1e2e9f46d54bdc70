//! Alerts as webhooks, signed and retried (Standard Webhooks 1.0.0).
//!
//! Sent by the node that raised or cleared the alert, from its memory: one that
//! dies takes what it has not delivered with it. The event in the activity stream
//! stays.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use reqwest::{Client, StatusCode, redirect::Policy};
use serde::Serialize;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer,
};
use tokio::time::sleep;

use crate::{
    protocol::{Alert, EventType, Timestamp},
    server::{config::AlertsConfig, now, random},
};

/// How long a receiver may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The waits before the second and all further tries: about half an hour in all.
const RETRIES: [Duration; 8] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(180),
    Duration::from_secs(600),
    Duration::from_secs(900),
];

/// What is sent.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// `alert.raised` or `alert.cleared`.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When that happened.
    pub timestamp: Timestamp,
    /// The alert.
    pub data: Alert,
    /// The workspace; absent where all are concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The server process that tells.
    pub node: String,
}

/// Sends notices to the address that is configured, if there is one.
#[derive(Clone)]
pub struct Webhook(Option<Arc<Receiver>>);

struct Receiver {
    client: Client,
    url: String,
    signer: Signer,
}

impl Webhook {
    /// With the address and the secret of the configuration.
    ///
    /// # Errors
    /// If the secret is not `whsec_` and base64.
    pub fn new(config: &AlertsConfig) -> anyhow::Result<Self> {
        let (Some(url), Some(secret)) = (&config.webhook_url, &config.webhook_secret) else {
            return Ok(Self(None));
        };
        let signer = Signer::new(&secret.clone().into_inner())
            .context("alerts.webhook_secret must be whsec_ and the base64 of a key")?;
        let client = Client::builder()
            .timeout(ANSWER_LIMIT)
            // A redirect would send the notice where nobody configured it.
            .redirect(Policy::none())
            .build()?;
        Ok(Self(Some(Arc::new(Receiver {
            client,
            url: url.clone(),
            signer,
        }))))
    }

    /// Sends a notice, as often as it takes; does not wait for it.
    pub fn send(&self, notice: Notice) {
        if let Some(receiver) = self.0.clone() {
            tokio::spawn(async move { receiver.deliver(notice).await });
        }
    }
}

impl Receiver {
    async fn deliver(&self, notice: Notice) {
        // The same in every try: by it the receiver knows what it has already.
        let id = format!("msg_{}", random::text(24));
        let body = serde_json::to_string(&notice).unwrap_or_default();
        let mut waits = RETRIES.iter();
        loop {
            let refusal = match self.post(&id, &body).await {
                Ok(status) if status.is_success() => return,
                Ok(StatusCode::GONE) => "it is gone (410)".to_owned(),
                Ok(status) => format!("it answered {}", status.as_u16()),
                // Without the address, which may have a token in it.
                Err(error) => error.without_url().to_string(),
            };
            let Some(wait) = waits.next() else {
                tracing::error!(alert = notice.data.id, "gave up a webhook: {refusal}");
                return;
            };
            tracing::warn!(alert = notice.data.id, "a webhook was not taken: {refusal}");
            sleep(*wait).await;
        }
    }

    async fn post(&self, id: &str, body: &str) -> Result<StatusCode, reqwest::Error> {
        let sent_at = now().seconds();
        // Fails only for a body that is no text.
        let signature = self
            .signer
            .sign(id, sent_at, body.as_bytes())
            .unwrap_or_default();
        let answer = self
            .client
            .post(&self.url)
            .header("content-type", "application/json")
            .header(HEADER_WEBHOOK_ID, id)
            .header(HEADER_WEBHOOK_TIMESTAMP, sent_at)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body.to_owned())
            .send()
            .await?;
        Ok(answer.status())
    }
}
