//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    leitl::cli::main()
}
