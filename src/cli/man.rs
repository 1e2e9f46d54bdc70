//! `leitl man`

use anyhow::bail;
use clap::CommandFactory;
use clap_mangen::Man;

use super::{Arguments, output};

/// Which page.
#[derive(clap::Args)]
pub struct ManArguments {
    /// The page of this command, such as `source add` [default: of leitl]
    command: Vec<String>,
}

pub(super) fn run(arguments: ManArguments) -> anyhow::Result<()> {
    let mut whole = Arguments::command();
    // Gives commands their whole names.
    whole.build();
    let mut command = &whole;
    for name in &arguments.command {
        match command.find_subcommand(name) {
            Some(found) => command = found,
            None => bail!("there is no command {:?}", arguments.command.join(" ")),
        }
    }
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    output::print_file(&String::from_utf8(page)?)
}
