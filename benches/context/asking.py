"""Search beside SQLite FTS5: the same files, the same questions, ten files each with
their texts; ours over REST, FTS5 in this process."""

import pathlib
import sqlite3
import sys
import time
import urllib.parse

from programs import Leitl

sys.path.append(str(pathlib.Path(__file__).parent.parent / "search"))
from fts5 import expression  # noqa: E402


def shares(times: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    times = sorted(times)
    return times[len(times) // 2], times[int(0.99 * (len(times) - 1))]


def ours(server: Leitl, questions: list[str]) -> tuple[float, float]:
    """What an agent waits for an answer, in milliseconds."""
    paths = ["context?" + urllib.parse.urlencode({"query": text}) for text in questions]
    for path in paths[:100]:
        server.raw("GET", path)
    times = []
    for path in paths * 3:
        begin = time.perf_counter()
        server.raw("GET", path)
        times.append((time.perf_counter() - begin) * 1000)
    return shares(times)


def fts5(folder: pathlib.Path, questions: list[str]) -> tuple[float, float]:
    """The same of FTS5, in milliseconds."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".md", ".py")]
    rows = [(str(path.relative_to(folder)), path.read_text()) for path in files]
    database = sqlite3.connect(":memory:")
    database.execute(
        "create virtual table files using fts5(path, text, tokenize='porter unicode61')"
    )
    database.executemany("insert into files values (?, ?)", rows)
    times = []
    for question in questions:
        words, prefix = expression(question)
        begin = time.perf_counter()
        database.execute(
            "select path, text from files where files match ? and path glob ?"
            " order by bm25(files, 4, 1) limit 10",
            (words, prefix + "*"),
        ).fetchall()
        times.append((time.perf_counter() - begin) * 1000)
    return shares(times)
