"""Search beside SQLite FTS5: the same files, the same questions, ten files each with
their texts; ours over REST on one connection, FTS5 in this process."""

import dataclasses
import itertools
import math
import pathlib
import sqlite3
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterable

from programs import Leitl

sys.path.append(str(pathlib.Path(__file__).parent.parent / "search"))
from fts5 import expression  # noqa: E402

# How many questions are asked before the clock runs, and while it does.
WARM_UP, TIMED = 200, 1500


@dataclasses.dataclass(frozen=True)
class Latency:
    """How long answers took, in milliseconds."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, times: Iterable[float]) -> "Latency":
        """By nearest rank."""
        ordered = sorted(times)
        return cls(
            *(ordered[math.ceil(share * len(ordered)) - 1] * 1000 for share in (0.5, 0.95, 0.99))
        )

    def __str__(self) -> str:
        return f"p50 {self.p50:.1f} ms, p95 {self.p95:.1f} ms, p99 {self.p99:.1f} ms"


def timed(ask: Callable, questions: list) -> tuple[Latency, float]:
    """Asks all questions by turns; the latency, and how many files an answer has."""
    turns = itertools.cycle(questions)
    for question in itertools.islice(turns, WARM_UP):
        ask(question)
    times, found = [], 0
    for question in itertools.islice(turns, TIMED):
        begin = time.perf_counter()
        answer = ask(question)
        times.append(time.perf_counter() - begin)
        found += len(answer) if isinstance(answer, list) else answer.count(b'"relevance":')
    return Latency.of(times), found / TIMED


def ask(server: Leitl, question: str) -> bytes:
    """Asks over REST; returns the answer as it comes."""
    return server.raw("GET", "context?" + urllib.parse.urlencode({"query": question}))


def ours(server: Leitl, questions: list[str]) -> tuple[Latency, float]:
    """What an agent waits for an answer, and how many files it has."""
    return timed(lambda question: ask(server, question), questions)


def fts5(folder: pathlib.Path, questions: list[str]) -> tuple[Latency, float, int]:
    """The same of FTS5, and the bytes of its database, which has the texts in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    rows = [(str(path.relative_to(folder)), path.read_text()) for path in files]
    database = sqlite3.connect(":memory:")
    database.execute(
        "create virtual table files using fts5(path, text, tokenize='porter unicode61')"
    )
    database.executemany("insert into files values (?, ?)", rows)
    database.commit()
    # One segment, as an index that has been at rest.
    database.execute("insert into files(files) values ('optimize')")

    def ask(question: str) -> list:
        words, prefix = expression(question)
        return database.execute(
            "select path, text, bm25(files, 4, 1) as rank from files"
            " where files match ? and path glob ? order by rank limit 10",
            (words, prefix + "*"),
        ).fetchall()

    latency, found = timed(ask, questions)
    (pages,), (size,) = (
        database.execute(f"pragma {name}").fetchone() for name in ("page_count", "page_size")
    )
    return latency, found, pages * size
