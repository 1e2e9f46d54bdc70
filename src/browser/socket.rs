//! The observer socket: opened, read, and opened again where it stopped.

use std::time::Duration;

use futures::{
    SinkExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    future::{Either, FutureExt, select},
    pin_mut, stream,
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use leptos::{
    ev,
    prelude::{on_cleanup, window_event_listener},
};

use super::{Connection, Listener, backoff, now, origin, random, sleep, task::spawn};
use crate::protocol::{API_PREFIX, Control, DrainingFrame, ServerFrame, close_code, plain};

/// A socket silent for this long is asked for a sign of life, and given up if
/// none comes in the same time: a network that went away tells nobody.
const PATIENCE: Duration = Duration::from_secs(20);

/// What [`read`] learnt until the socket closed.
#[derive(Default)]
struct Outcome {
    /// The close code (RFC 6455, section 7.4); 1006 if there was none.
    code: u16,
    /// Whether the server took us in.
    welcomed: bool,
    /// How long the server asked us to stay away.
    stay_away: Option<Duration>,
}

/// Keeps an observer socket open until the server refuses the cookie or the
/// current reactive owner is cleaned up.
/// A message on `retry`, the network's return and the page's becoming visible
/// each cut a wait short.
pub fn observe(listener: impl Listener, retry: UnboundedReceiver<()>) {
    let (nudge, nudges) = unbounded();
    let online = window_event_listener(ev::online, {
        let nudge = nudge.clone();
        move |_| ask(&nudge)
    });
    let visible = window_event_listener(ev::visibilitychange, move |_| ask(&nudge));
    on_cleanup(move || {
        online.remove();
        visible.remove();
    });
    let mut nudges = stream::select(retry, nudges);
    spawn(async move {
        let mut failures = 0;
        listener.connection(Connection::Connecting);
        loop {
            let outcome = read(&listener).await;
            if outcome.welcomed {
                failures = 0;
            }
            // Nudges from the time when all was well are not meant for this wait.
            while nudges.next().now_or_never().is_some() {}
            if matches!(
                outcome.code,
                close_code::UNAUTHORIZED | close_code::FORBIDDEN
            ) {
                return listener.connection(Connection::SignedOut);
            }
            let wait = outcome.stay_away.unwrap_or_default() + backoff(failures, random());
            failures += 1;
            listener.connection(Connection::Waiting(now().plus(wait)));
            let waited = sleep(wait);
            pin_mut!(waited);
            select(waited, nudges.next()).await;
            listener.connection(Connection::Retrying);
        }
    });
}

/// Asks for another try at once. There is nobody to ask once the socket is gone for good.
fn ask(nudge: &UnboundedSender<()>) {
    let _ = nudge.unbounded_send(());
}

/// Reads one socket to its end.
async fn read(listener: &impl Listener) -> Outcome {
    let mut outcome = Outcome {
        code: 1006,
        ..Outcome::default()
    };
    // `http` becomes `ws`, `https` becomes `wss`.
    let address = origin().replacen("http", "ws", 1);
    let since = listener.since();
    let Ok(mut socket) = WebSocket::open(&format!("{address}{API_PREFIX}/ws?since={since}")) else {
        return outcome;
    };
    let mut asked = false;
    loop {
        let silence = sleep(PATIENCE);
        pin_mut!(silence);
        let next = match select(socket.next(), silence).await {
            Either::Left((next, _)) => next,
            Either::Right(_) => {
                let open = matches!(socket.state(), State::Open);
                if asked || !open || socket.send(Message::Text(PING.to_owned())).await.is_err() {
                    return outcome;
                }
                asked = true;
                continue;
            }
        };
        asked = false;
        match next {
            Some(Ok(Message::Text(text))) => {
                // A kind of frame of a later version is no reason to stop.
                let Some(frame) = plain::frame(&text) else {
                    continue;
                };
                match &frame {
                    ServerFrame::Control(Control::Welcome(_)) => {
                        outcome.welcomed = true;
                        listener.connection(Connection::Live);
                    }
                    ServerFrame::Control(Control::Draining(DrainingFrame { retry_after_ms })) => {
                        outcome.stay_away = Some(Duration::from_millis(*retry_after_ms));
                    }
                    _ => {}
                }
                listener.frame(frame);
            }
            Some(Ok(Message::Bytes(_))) => {}
            Some(Err(WebSocketError::ConnectionClose(close))) => outcome.code = close.code,
            // The close event with its code follows.
            Some(Err(_)) => {}
            None => return outcome,
        }
    }
}

/// The text of [`ClientFrame::Ping`](crate::protocol::ClientFrame::Ping).
const PING: &str = r#"{"type":"ping"}"#;
