//! `cargo bench --bench bus`: the bus through the real server, its private Redis
//! and real sockets, against the limits the project holds itself to. The exit
//! code is 1 if one of them is broken.
//!
//! Client and server share this machine, and the clock is the client's: a
//! latency here is the whole way, from before the publisher writes its frame
//! until a reader has taken the event off its socket.

mod machine;
mod operations;
mod server;
mod sockets;

use std::{process::ExitCode, time::Duration};

use anyhow::Context;

use self::{
    server::Server,
    sockets::{Load, Room},
};

/// Publish to receive with 100 sockets, at the 99th percentile.
const LATENCY_LIMIT: Duration = Duration::from_millis(5);

/// Memory of the server for each idle socket, in bytes.
const MEMORY_LIMIT: f64 = 12.0 * 1024.0;

/// Counting one delivery, in nanoseconds.
const COUNTING_LIMIT: f64 = 1000.0;

/// An answer of `/metrics`, at the 99th percentile.
const SCRAPE_LIMIT: Duration = Duration::from_millis(5);

/// Sockets of the crowded room.
const CROWD: usize = 1000;

fn main() -> ExitCode {
    // Cargo passes `--bench`, and passes it to tests too: nothing to measure there.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let outcome = machine::raise_file_limit()
        .and_then(|()| Ok(tokio::runtime::Runtime::new()?))
        .and_then(|runtime| runtime.block_on(measure()));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bus: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> anyhow::Result<bool> {
    println!("{}", machine::describe()?);
    println!();
    let delivery = delivery().await.context("publish to receive")?;
    let memory = memory().await.context("idle sockets")?;
    let crowd = crowd().await.context("the crowded room")?;
    let operations = operations().await.context("metrics")?;
    println!();
    Ok([delivery, memory, crowd, operations]
        .into_iter()
        .all(|held| held))
}

/// Publish to receive: 100 sockets, 20 events a second.
async fn delivery() -> anyhow::Result<bool> {
    let load = Load {
        events: 400,
        per_second: 20,
    };
    let server = Server::start().await?;
    let room = Room::open(&server, 100).await?;
    let report = room.run(&server, load).await?;
    println!("100 sockets, {load}: {report}");
    let complete = verdict("nothing lost or out of order", report.is_complete());
    let latency = report.percentile(0.99);
    let fast = verdict("p99 under 5 ms", latency < LATENCY_LIMIT);
    server.stop().await?;
    Ok(complete && fast)
}

/// What an idle socket costs the server in memory.
async fn memory() -> anyhow::Result<bool> {
    let server = Server::start().await?;
    // The first sockets pay for what all share: buffers of the runtime and Redis.
    let first = Room::open(&server, 50).await?;
    let before = server.settled_memory().await?;
    let crowd = Room::open(&server, CROWD).await?;
    let after = server.settled_memory().await?;
    let each = after.saturating_sub(before) as f64 / CROWD as f64;
    println!(
        "{CROWD} idle sockets: {:.1} KiB each, resident memory {:.1} MiB before, {:.1} MiB after",
        each / 1024.0,
        before as f64 / 1_048_576.0,
        after as f64 / 1_048_576.0,
    );
    let held = verdict("at most 12 KiB for each", each <= MEMORY_LIMIT);
    drop((first, crowd));
    server.stop().await?;
    Ok(held)
}

/// 1,000 sockets in one workspace, 50 events a second.
async fn crowd() -> anyhow::Result<bool> {
    let load = Load {
        events: 1000,
        per_second: 50,
    };
    let server = Server::start().await?;
    let room = Room::open(&server, CROWD).await?;
    let before = server.cpu_time()?;
    let report = room.run(&server, load).await?;
    let spent = server.cpu_time()?.saturating_sub(before);
    println!("{CROWD} sockets, {load}: {report}");
    println!(
        "  server: {:.1} s of processor time, {:.1} µs a delivery",
        spent.as_secs_f64(),
        spent.as_secs_f64() * 1e6 / report.expected() as f64
    );
    let held = verdict("nothing lost or out of order", report.is_complete());
    server.stop().await?;
    Ok(held)
}

/// What the metrics cost.
async fn operations() -> anyhow::Result<bool> {
    let counting = operations::counting();
    let cheap = verdict("under 1 µs a delivery", counting < COUNTING_LIMIT);
    let server = Server::start().await?;
    let scrape = operations::scraping(&server).await?;
    let fast = verdict("p99 under 5 ms", scrape < SCRAPE_LIMIT);
    server.stop().await?;
    Ok(cheap && fast)
}

fn verdict(limit: &str, held: bool) -> bool {
    println!("  {} {limit}", if held { "holds: " } else { "BROKEN:" });
    held
}
