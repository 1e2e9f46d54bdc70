"""Synchronisation beside rclone: the same tree, the same server, as many requests at
once."""

import os
import pathlib
import shutil
import statistics
import subprocess
import time

from programs import PASSWORD, USER, Leitl, program

# How many requests each of the two has under way.
PARALLEL = 8


def rclone(url: str, *arguments: str) -> float:
    """Runs rclone over a WebDAV folder; how long it took, in seconds."""
    obscured = subprocess.run(
        [program("rclone"), "obscure", PASSWORD], capture_output=True, text=True, check=True
    ).stdout.strip()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_BENCH_TYPE": "webdav",
        "RCLONE_CONFIG_BENCH_URL": url,
        "RCLONE_CONFIG_BENCH_VENDOR": "other",
        "RCLONE_CONFIG_BENCH_USER": USER,
        "RCLONE_CONFIG_BENCH_PASS": obscured,
        "RCLONE_TRANSFERS": str(PARALLEL),
        "RCLONE_CHECKERS": str(PARALLEL),
    }
    begin = time.perf_counter()
    subprocess.run(
        [program("rclone"), *arguments], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - begin


def add_source(server: Leitl, url: str, name: str) -> tuple[str, float]:
    """Adds a source and waits until it was read for the first time."""
    begin = time.perf_counter()
    body = {"name": name, "url": url, "auth": "basic", "username": USER, "password": PASSWORD}
    source = server.call("POST", "sources", body)["id"]
    while True:
        sync = find(server, source)["sync"]
        if sync["state"] == "failed":
            raise SystemExit(f"the synchronisation failed: {sync['error']}")
        if sync["last_finished"]:
            return source, time.perf_counter() - begin
        time.sleep(0.02)


def find(server: Leitl, source: str) -> dict:
    """A source as it is listed."""
    return next(entry for entry in server.call("GET", "sources") if entry["id"] == source)


def first_reading(server: Leitl, url: str, scratch: pathlib.Path, files: int, rounds: int):
    """Reads everything, by turns; the medians, ours first."""
    ours, theirs = [], []
    for number in range(rounds):
        copy = scratch / "copy"
        theirs.append(rclone(url, "copy", "bench:", str(copy)))
        shutil.rmtree(copy)
        source, seconds = add_source(server, url, f"Round {number}")
        ours.append(seconds)
        status = find(server, source)["sync"]
        if status["files"] != files:
            raise SystemExit(f"read {status['files']} of {files} files: {status}")
        if number < rounds - 1:
            server.call("POST", "sources/delete", {"id": source})
    return source, statistics.median(ours), statistics.median(theirs)


def unchanged(server: Leitl, source: str, url: str, rounds: int):
    """Looks for changes where there are none, by turns; the medians, ours first."""
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(rclone(url, "lsf", "-R", "bench:"))
        begin = time.perf_counter()
        server.call("POST", "sources/sync", {"id": source, "wait": True})
        ours.append(time.perf_counter() - begin)
    return statistics.median(ours), statistics.median(theirs)
