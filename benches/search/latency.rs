//! What the index costs: building it, memory, small changes, and searches, over
//! the files and questions that `corpus.py` wrote.
//!
//! Beside the time on the clock stands that of the processor, which says more on a
//! machine that others use too.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

use leitl::server::context::index::{Change, Document, Filter, Index, Query};

/// How many one-file changes are measured.
const CHANGES: usize = 200;

/// The longest that searches may take, at the median and the 99th percentile.
const SEARCH_LIMITS: [Duration; 2] = [Duration::from_micros(1500), Duration::from_millis(5)];

/// Most memory of the index, as a share of the text.
const MEMORY_LIMIT: f64 = 2.0;

/// Prints the figures; whether they are within the limits.
pub fn measure(folder: &Path) -> anyhow::Result<bool> {
    let mut paths = Vec::new();
    walk(folder, &mut paths)?;
    paths.sort();
    let bytes: u64 = paths
        .iter()
        .map(|path| fs::metadata(path).map_or(0, |file| file.len()))
        .sum();
    println!("{} files, {:.0} MB", paths.len(), bytes as f64 / 1e6);

    let index = Index::new()?;
    let before = resident();
    let begin = Watch::start();
    let mut change = index.change()?;
    for path in &paths {
        let text = fs::read_to_string(path)?;
        add(&mut change, folder, path, &text)?;
    }
    change.commit()?;
    let built = begin.stop();
    let share = index.bytes()? as f64 / bytes as f64;
    let resident = resident().saturating_sub(before);
    println!(
        "built in {:.1} s, processor {:.1} s; index {:.0} MB ({:.2} of the text), resident {:.0} MB, at most {:.0} MB",
        built.clock.as_secs_f64(),
        built.processor.as_secs_f64(),
        index.bytes()? as f64 / 1e6,
        share,
        resident as f64 / 1e6,
        status("VmHWM") as f64 / 1e6,
    );
    let mut held = ask(&index, folder, "searches")?;

    let mut times = Vec::new();
    for path in paths.iter().step_by(paths.len() / CHANGES) {
        let text = fs::read_to_string(path)? + "\nchanged";
        let begin = Watch::start();
        let mut change = index.change()?;
        add(&mut change, folder, path, &text)?;
        change.commit()?;
        times.push(begin.stop());
    }
    print_times("one-file changes", &times);
    held &= ask(&index, folder, "searches after them")?;
    Ok(held && share <= MEMORY_LIMIT)
}

fn ask(index: &Index, folder: &Path, what: &str) -> anyhow::Result<bool> {
    let questions = fs::read_to_string(folder.join("questions.txt"))?;
    let mut times = Vec::new();
    let mut slowest = (Duration::ZERO, "");
    for question in questions
        .lines()
        .cycle()
        .take(3 * questions.lines().count())
    {
        let begin = Watch::start();
        let query = Query::parse(question).map_err(anyhow::Error::msg)?;
        index.search(&query, &Filter::default(), 10)?;
        let time = begin.stop();
        times.push(time);
        slowest = slowest.max((time.processor, question));
    }
    let medians = print_times(what, &times);
    println!("  slowest: {}", slowest.1);
    Ok(medians
        .iter()
        .zip(SEARCH_LIMITS)
        .all(|(time, limit)| *time <= limit))
}

fn add(change: &mut Change<'_>, folder: &Path, path: &Path, text: &str) -> anyhow::Result<()> {
    let name = path.strip_prefix(folder)?.to_string_lossy();
    let headings: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(str::to_owned)
        .collect();
    change.add(&Document {
        source: "bench",
        path: &name,
        file_type: path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default(),
        title: text.lines().next().and_then(|line| line.strip_prefix("# ")),
        headings: &headings,
        text,
    })?;
    Ok(())
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, into)?;
        } else if path.extension().is_some_and(|e| e == "md" || e == "py") {
            into.push(path);
        }
    }
    Ok(())
}

/// Measures a stretch of work.
struct Watch {
    clock: Instant,
    processor: Duration,
}

/// How long it took.
#[derive(Clone, Copy)]
struct Took {
    clock: Duration,
    /// Of all threads together.
    processor: Duration,
}

impl Watch {
    fn start() -> Self {
        Self {
            clock: Instant::now(),
            processor: processor(),
        }
    }

    fn stop(&self) -> Took {
        Took {
            clock: self.clock.elapsed(),
            processor: processor().saturating_sub(self.processor),
        }
    }
}

fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Prints the times; returns those of the processor at the median and the 99th
/// percentile.
fn print_times(what: &str, times: &[Took]) -> [Duration; 2] {
    println!("{} {what}:", times.len());
    let clock: fn(&Took) -> Duration = |took| took.clock;
    let mut shown = [Duration::ZERO; 2];
    for (name, of) in [("clock", clock), ("processor", |took| took.processor)] {
        let mut times: Vec<_> = times.iter().map(of).collect();
        times.sort();
        let at = |percent: usize| {
            let place = times.len().saturating_sub(1) * percent / 100;
            times.get(place).copied().unwrap_or_default()
        };
        let [half, most_of, all] = [at(50), at(99), at(100)];
        println!("  {name}: p50 {half:.2?}, p99 {most_of:.2?}, most {all:.2?}");
        shown = [half, most_of];
    }
    shown
}

fn resident() -> u64 {
    status("VmRSS")
}

/// A figure of this process in bytes.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kilobytes.unwrap_or(0) * 1024
}
