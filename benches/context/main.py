#!/usr/bin/env python3
"""What the shared context costs, beside peers that do the same, in one run.

    main.py [--files 10000] [--rounds 3] [--binary target/release/leitl]
            [--rclone PROGRAM] [--scratch DIRECTORY]

Writes a tree of generated files (benches/search/corpus.py), serves it with Apache on
loopback, and compares the first reading with `rclone copy`, a reading without changes
with `rclone lsf -R`, and search over REST with SQLite FTS5. The exit code is 1 if a
limit is broken, 2 if something is missing or does not work. Needs apache2, rclone and
redis-server; give it a machine that does nothing else.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import asking
import syncing
from machine import filesystem, load, machine
from programs import Failure, Leitl, apache, end_in_order, leitl, program
from rclone import PARALLEL, Rclone
from syncing import median
from table import Row, table

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LONG_AGO = 1_700_000_000

# The limits; times in seconds, latencies in milliseconds.
UNCHANGED_FACTOR = 1.5
QUERY_P50, QUERY_P99 = 3, 10
MEMORY_FACTOR = 2


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


def of_syncs(what: str, syncs: list, costs: list, limit: str, factor: float) -> list[Row]:
    """How long synchronisations took beside rclone, and their processor time."""
    ours, theirs = median(syncs, "wall"), median(costs, "wall")
    return [
        Row(what, f"{ours:.2f} s (reported: {median(syncs, 'reported'):.2f} s)",
            f"{theirs:.2f} s", limit, ours <= factor * theirs),
        Row("… its processor time",
            f"{median(syncs, 'server_cpu'):.2f} s and Redis {median(syncs, 'redis_cpu'):.2f} s",
            f"{median(costs, 'cpu'):.2f} s"),
    ]  # fmt: skip


def of_search(server: Leitl, folder: pathlib.Path, questions: list[str]) -> tuple[list[Row], int]:
    """How long answers took beside FTS5; and the bytes of FTS5's database."""
    ours, found = asking.ours(server, questions)
    theirs, found_there, database = asking.fts5(folder, questions)
    held = ours.p50 < QUERY_P50 and ours.p99 < QUERY_P99
    limit = f"p50 {QUERY_P50} ms, p99 {QUERY_P99} ms"
    return [
        Row(f"search over REST, {asking.TIMED} questions", str(ours),
            f"FTS5 in process: {theirs}", limit, held),
        Row("… files in an answer, on average", f"{found:.1f}", f"{found_there:.1f}"),
    ], database  # fmt: skip


def measure(arguments: argparse.Namespace, scratch: pathlib.Path) -> bool:
    """Measures, prints, and says whether all limits hold."""
    folder = scratch / "files"
    folder.mkdir()
    # Apache does not read it as root.
    scratch.chmod(0o755)
    questions = write_corpus(folder, arguments.files)
    paths = list(folder.rglob("*"))
    folders = sum(path.is_dir() for path in paths)
    text = sum(path.stat().st_size for path in paths if path.is_file())
    with apache(folder, scratch / "apache") as url:
        rclone = Rclone(arguments.rclone, url)
        print(
            f"{machine()}, load {load():.1f}; {arguments.files} files in {folders} folders,"
            f" {text / 1e6:.0f} MB, Apache mod_dav, {PARALLEL} requests at once; {rclone};"
            f" data and copies on {filesystem(scratch)}; medians\n",
            flush=True,
        )
        with leitl(arguments.binary, scratch) as server:
            empty = server.memory()
            source, syncs, copies = syncing.first_reading(
                server, rclone, url, scratch / "copy", arguments.files, arguments.rounds
            )
            rows = of_syncs("first reading / `rclone copy`", syncs, copies, "no slower", 1)
            syncs, listings = syncing.unchanged(
                server, rclone, source, arguments.files, arguments.rounds + 2
            )
            rows += of_syncs("nothing changed / `rclone lsf -R`", syncs, listings,
                             f"{UNCHANGED_FACTOR} times", UNCHANGED_FACTOR)  # fmt: skip
            answers, database = of_search(server, folder, questions)
            rows += answers
            used = server.memory() - empty
    # Another process on the same data has what it needs for the index and no more.
    with leitl(arguments.binary, scratch) as server:
        for question in questions[: asking.WARM_UP]:
            asking.ask(server, question)
        loaded = server.memory() - empty
    rows += [
        Row("server memory with the index, of the text", f"{used / text:.2f}",
            f"FTS5's database: {database / text:.2f}", f"{MEMORY_FACTOR}",
            used <= MEMORY_FACTOR * text),
        Row("… after a restart", f"{loaded / text:.2f}", "", f"{MEMORY_FACTOR}",
            loaded <= MEMORY_FACTOR * text),
    ]  # fmt: skip
    print(table(rows))
    return all(row.held is not False for row in rows)


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/leitl")
    parser.add_argument("--rclone", type=pathlib.Path, help="instead of the one in PATH")
    parser.add_argument("--scratch", type=pathlib.Path, help="where to write, instead of /tmp")
    arguments = parser.parse_args()
    end_in_order()
    try:
        for name in ("apache2", "rclone"):
            program(name)
        program("redis-server", "valkey-server")
        if not arguments.binary.is_file():
            raise Failure(f"{arguments.binary} is missing: `make release` builds it")
        arguments.rclone = arguments.rclone or program("rclone")
        with tempfile.TemporaryDirectory(prefix="leitl-bench-", dir=arguments.scratch) as scratch:
            return 0 if measure(arguments, pathlib.Path(scratch)) else 1
    except (Failure, OSError, subprocess.CalledProcessError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
