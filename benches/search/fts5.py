#!/usr/bin/env python3
"""SQLite FTS5 on the files and questions of corpus.py: the peer of our index.

    fts5.py DIR

Words are OR-ed, phrases required, ten best by bm25 and the number of matches, as
ours answers. FTS5 has no answer for misspelt words and parts of identifiers.
"""

import pathlib
import re
import sqlite3
import sys
import time


def expression(question):
    """The question in FTS5's language, and its path prefix."""
    path = re.search(r"path:(\S+)", question)
    rest = re.sub(r"path:\S+", "", question)
    phrases = re.findall(r'"([^"]+)"', rest)
    words = re.findall(r"\w+", re.sub(r'"[^"]*"', "", rest))
    parts = [f'"{phrase}"' for phrase in phrases]
    if words:
        parts.append("(" + " OR ".join(f'"{word}"' for word in words) + ")")
    return " AND ".join(parts), path.group(1) if path else ""


def main(folder):
    """Builds the index in memory and prints what it costs to ask it."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".md", ".py")]
    texts = [(str(path.relative_to(folder)), path.read_text()) for path in files]
    database = sqlite3.connect(":memory:")
    database.execute(
        "create virtual table files using fts5(path, text, tokenize='porter unicode61')"
    )
    begin = time.perf_counter()
    database.executemany("insert into files values (?, ?)", texts)
    database.commit()
    print(f"FTS5: {len(texts)} files in {time.perf_counter() - begin:.1f} s")
    questions = (folder / "questions.txt").read_text().splitlines()
    times = []
    for question in questions * 3:
        words, prefix = expression(question)
        arguments = (words, prefix + "*")
        begin = time.perf_counter()
        database.execute(
            "select path from files where files match ? and path glob ?"
            " order by bm25(files, 4, 1) limit 10",
            arguments,
        ).fetchall()
        database.execute(
            "select count(*) from files where files match ? and path glob ?", arguments
        ).fetchone()
        times.append((time.perf_counter() - begin) * 1000)
    times.sort()
    share = lambda part: times[int(part * (len(times) - 1))]
    print(f"FTS5: p50 {share(0.5):.2f} ms, p99 {share(0.99):.2f} ms, most {times[-1]:.2f} ms")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
