//! `leitl receipts`

use super::{connection::ConnectionArguments, output, table::Table};
use crate::{
    api::MessageReceipts,
    protocol::{EventId, ReceiptState},
};

/// Which message.
#[derive(clap::Args)]
pub struct ReceiptsArguments {
    /// The message's id, as `leitl say --json` prints it
    id: EventId,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) async fn run(arguments: ReceiptsArguments) -> anyhow::Result<()> {
    let client = arguments.connection.client()?;
    let receipts = client
        .call(&MessageReceipts {
            id: arguments.id.to_string(),
        })
        .await?;
    if arguments.json {
        return output::print_json(&receipts);
    }
    if receipts.receipts.is_empty() {
        return output::print("No session was handed it yet.\n");
    }
    let mut table = Table::new(["AGENT", "STATE", "AT", "SESSION"]);
    for receipt in receipts.receipts {
        let state = match receipt.state {
            ReceiptState::Delivered => "delivered",
            ReceiptState::Acknowledged => "acknowledged",
        };
        table.row(
            [
                receipt.agent_name.to_string(),
                state.to_owned(),
                receipt.at.clock(),
                receipt.session_id.to_string(),
            ],
            [],
        );
    }
    output::print(&table.to_string())
}
