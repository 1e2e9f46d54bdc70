//! The signals that a command's caller may send to it.

use std::{
    fs::File,
    future::poll_fn,
    io,
    task::{Context, Poll, Waker},
};

use rustix::{
    process::{Signal, getpgrp},
    termios::tcgetpgrp,
};
use tokio::signal::unix::{self, SignalKind, signal};

/// The signals that would end this process, and that the command gets instead.
pub(super) struct Signals {
    streams: Vec<(Signal, unix::Signal)>,
}

impl Signals {
    /// Takes them from now on.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn new() -> io::Result<Self> {
        let streams = [
            (Signal::HUP, SignalKind::hangup()),
            (Signal::INT, SignalKind::interrupt()),
            (Signal::QUIT, SignalKind::quit()),
            (Signal::TERM, SignalKind::terminate()),
            (Signal::USR1, SignalKind::user_defined1()),
            (Signal::USR2, SignalKind::user_defined2()),
        ]
        .into_iter()
        .map(|(number, kind)| Ok((number, signal(kind)?)))
        .collect::<io::Result<_>>()?;
        Ok(Self { streams })
    }

    /// The next one. Cancel-safe.
    pub(super) async fn next(&mut self) -> Signal {
        poll_fn(|context| self.poll(context)).await
    }

    /// One that has come already.
    pub(super) fn pending(&mut self) -> Option<Signal> {
        match self.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(signal) => Some(signal),
            Poll::Pending => None,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Signal> {
        for (number, stream) in &mut self.streams {
            if let Poll::Ready(Some(())) = stream.poll_recv(context) {
                return Poll::Ready(*number);
            }
        }
        Poll::Pending
    }
}

/// Whether a signal comes from the keys of a terminal, which sends it to all
/// processes in its foreground (POSIX, "General Terminal Interface"). Handed on, it
/// would come twice, and twice Ctrl-C is more than once. Who sends SIGINT to this
/// process alone while it is in the foreground is not told apart.
pub(super) fn is_from_terminal(signal: Signal) -> bool {
    matches!(signal, Signal::INT | Signal::QUIT)
        && File::open("/dev/tty")
            .is_ok_and(|terminal| tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp()))
}
