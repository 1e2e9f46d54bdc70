//! `leitl completions`

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Arguments, output};

/// For which shell.
#[derive(clap::Args)]
pub struct CompletionsArguments {
    shell: Shell,
}

pub(super) fn run(arguments: CompletionsArguments) -> anyhow::Result<()> {
    let mut script = Vec::new();
    // Into memory first: it panics at a reader that has seen enough.
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "leitl",
        &mut script,
    );
    output::print_file(&String::from_utf8(script)?)
}
