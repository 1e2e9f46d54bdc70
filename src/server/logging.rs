//! Logs: structured, to standard error. They never contain tokens, passwords,
//! message bodies or query strings.

use tracing_subscriber::{EnvFilter, fmt};

use super::config::LogFormat;

/// What an operator should know. Two libraries say at each step what they do.
const DEFAULT_FILTER: &str = "info,lopdf=error,tantivy=warn";

/// Never logged, whatever is asked for: this library writes whole messages of clients, and
/// some of them as errors. What goes wrong in MCP is said by our own code.
const SILENT: &str = "rmcp=off";

/// Starts logging. `RUST_LOG` selects, as in `RUST_LOG=leitl=debug`.
pub fn start(format: LogFormat) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let filter = match SILENT.parse() {
        Ok(silent) => filter.add_directive(silent),
        Err(_) => filter,
    };
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        // It would report a log that nobody reads any more on that same log, by
        // `eprintln!`, which panics: a server must not fail for want of a reader.
        .log_internal_errors(false);
    // It fails only if logging has started before, as in tests.
    let _ = match format {
        LogFormat::Text => builder
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
