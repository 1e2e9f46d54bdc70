"""Synchronisation beside rclone: the same tree, the same server, as many requests at
once, by turns."""

import dataclasses
import datetime
import pathlib
import shutil
import statistics
import time

from programs import PASSWORD, USER, Failure, Leitl
from rclone import Cost, Rclone

# How often a source is looked at while it is read for the first time.
LOOK_INTERVAL = 0.02


@dataclasses.dataclass(frozen=True)
class Sync:
    """What one synchronisation took, in seconds."""

    # From the request until the client knows that it is done.
    wall: float
    # From `sync.last_started` to `sync.last_finished`.
    reported: float
    # Processor time of the server, and of its Redis.
    server_cpu: float
    redis_cpu: float


def median(costs: list, part: str) -> float:
    """The median of one part of the costs."""
    return statistics.median(getattr(cost, part) for cost in costs)


class Stopwatch:
    """Runs from when it is made until it is read."""

    def __init__(self, server: Leitl):
        self.server = server
        self.cpu = server.cpu()
        self.begin = time.perf_counter()

    def read(self, sync: dict) -> Sync:
        """What a synchronisation took that has ended as `sync` says."""
        wall = time.perf_counter() - self.begin
        began, ended = (
            datetime.datetime.fromisoformat(sync[name])
            for name in ("last_started", "last_finished")
        )
        server, redis = (now - then for now, then in zip(self.server.cpu(), self.cpu))
        return Sync(wall, (ended - began).total_seconds(), server, redis)


def find(server: Leitl, source: str) -> dict:
    """A source as it is listed."""
    return next(entry for entry in server.call("GET", "sources") if entry["id"] == source)


def checked(sync: dict, files: int) -> dict:
    """The state of a source, if all files were read and nothing went wrong."""
    if sync["error"] or sync["skipped"] or sync["stale"] or sync["files"] != files:
        raise Failure(f"read {sync['files']} of {files} files: {sync}")
    return sync


def add_source(server: Leitl, url: str, name: str, files: int) -> tuple[str, Sync]:
    """Adds a source and waits until it was read for the first time. (`sources/sync`
    with `wait` would wait for a second synchronisation, asked for after the first
    had begun.)"""
    body = {"name": name, "url": url, "auth": "basic", "username": USER, "password": PASSWORD}
    watch = Stopwatch(server)
    source = server.call("POST", "sources", body)["id"]
    while not (sync := find(server, source)["sync"])["last_finished"]:
        if sync["state"] == "failed":
            raise Failure(f"the synchronisation failed: {sync['error']}")
        time.sleep(LOOK_INTERVAL)
    return source, watch.read(checked(sync, files))


def first_reading(
    server: Leitl, rclone: Rclone, url: str, copy: pathlib.Path, files: int, rounds: int
) -> tuple[str, list[Sync], list[Cost]]:
    """Reads everything, each time into a source and a folder that are new; returns
    the last source and what each round took, ours first."""
    ours, theirs, source = [], [], ""
    for number in range(rounds):
        if source:
            server.call("POST", "sources/delete", {"id": source})
        theirs.append(rclone.run("copy", "bench:", str(copy)))
        copied = sum(path.is_file() for path in copy.rglob("*"))
        if copied != files:
            raise Failure(f"rclone copied {copied} of {files} files")
        shutil.rmtree(copy)
        source, sync = add_source(server, url, f"Round {number}", files)
        ours.append(sync)
    return source, ours, theirs


def unchanged(
    server: Leitl, rclone: Rclone, source: str, files: int, rounds: int
) -> tuple[list[Sync], list[Cost]]:
    """Looks for changes where there are none, ours first. The first look is not
    counted: after a long synchronisation the next one waits for a while."""

    def look() -> Sync:
        watch = Stopwatch(server)
        answer = server.call("POST", "sources/sync", {"id": source, "wait": True})
        return watch.read(checked(answer["sync"], files))

    generation = find(server, source)["sync"]["generation"]
    look()
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(rclone.run("lsf", "-R", "bench:"))
        ours.append(look())
    if find(server, source)["sync"]["generation"] != generation:
        raise Failure("a file changed while nothing should")
    return ours, theirs
