#!/usr/bin/env python3
"""What the shared context costs, beside peers that do the same, in one run.

    main.py [--files 10000] [--rounds 3] [--binary target/release/leitl]

Writes a tree of generated files (benches/search/corpus.py), serves it with Apache on
loopback, and compares the first reading with `rclone copy`, a reading without changes
with `rclone lsf -R`, and search over REST with SQLite FTS5. The exit code is 1 if a
limit is broken. Needs apache2, rclone and redis-server.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import asking
import syncing
from programs import apache, leitl

ROOT = pathlib.Path(__file__).parent.parent.parent
LONG_AGO = 1_700_000_000


def write_corpus(folder: pathlib.Path, files: int) -> list[str]:
    """Writes the files; returns the questions. The files are old: one that has just
    been written is read twice, since it may change again within its second."""
    script = ROOT / "benches/search/corpus.py"
    subprocess.run([sys.executable, script, folder, str(files)], check=True)
    questions = (folder / "questions.txt").read_text().splitlines()
    (folder / "questions.txt").unlink()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (LONG_AGO, LONG_AGO))
    return questions


def machine() -> str:
    """The processor and how many there are."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")
    return f"{os.cpu_count()} x {name}, Linux {os.uname().release}"


def measure(arguments: argparse.Namespace, scratch: pathlib.Path) -> bool:
    """Measures, prints, and says whether all limits hold."""
    folder = scratch / "files"
    folder.mkdir()
    scratch.chmod(0o755)
    questions = write_corpus(folder, arguments.files)
    text = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{machine()}; {arguments.files} files, {text / 1e6:.0f} MB, Apache mod_dav\n")
    rows = []
    with (
        apache(folder, scratch / "apache") as url,
        leitl(arguments.binary, scratch) as server,
    ):
        empty = server.memory()
        source, ours, theirs = syncing.first_reading(
            server, url, scratch, arguments.files, arguments.rounds
        )
        rows.append(("first reading", f"{ours:.1f} s", f"rclone copy {theirs:.1f} s",
                     "no slower", ours <= theirs))
        ours, theirs = syncing.unchanged(server, source, url, 2 * arguments.rounds + 1)
        rows.append(("reading without changes", f"{ours * 1000:.0f} ms",
                     f"rclone lsf -R {theirs * 1000:.0f} ms", "1.5 times", ours <= 1.5 * theirs))
        median, worst = asking.ours(server, questions)
        grown = server.memory() - empty
    peer = asking.fts5(folder, questions)
    rows.append(("search over REST", f"p50 {median:.1f} ms, p99 {worst:.1f} ms",
                 f"FTS5 in process: p50 {peer[0]:.1f} ms, p99 {peer[1]:.1f} ms",
                 "p50 3 ms, p99 10 ms", median < 3 and worst < 10))
    rows.append(("server memory with the index", f"{grown / text:.2f} of the text", "",
                 "2", grown <= 2 * text))
    print("| measured | result | peer | limit | |\n|---|---|---|---|---|")
    for name, result, other, limit, held in rows:
        print(f"| {name} | {result} | {other} | {limit} | {'ok' if held else 'BROKEN'} |")
    return all(row[-1] for row in rows)


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/leitl")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leitl-bench-") as scratch:
        return 0 if measure(arguments, pathlib.Path(scratch)) else 1


if __name__ == "__main__":
    sys.exit(main())
