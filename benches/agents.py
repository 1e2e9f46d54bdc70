#!/usr/bin/env python3
"""What an agent waits for: its hooks, the command line's start, and its messages.

    agents.py [--runs 200] [--binary target/release/leitl]

Times whole processes from their start to their end, against a server on the same
machine, against a port where nobody listens, and against a server that accepts and says
nothing. The exit code is 1 if a limit is broken, 2 if something is missing or does not
work. Give it a machine that does nothing else.
"""

import argparse
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benches/context"))

from machine import load, machine  # noqa: E402
from programs import Failure, Leitl, end_in_order, free_port, leitl  # noqa: E402
from table import Row, table  # noqa: E402

# The limits, in milliseconds.
HOOK_P50, HOOK_P99, HOOK_AWAY, HELP, MESSAGE = 15, 60, 120, 10, 50


def at(values: list[float], part: float) -> float:
    """A percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def timed(command: list, environment: dict, given: str, runs: int) -> list[float]:
    """How long each of several runs took, in milliseconds. The first is not counted, but
    where there is no other."""
    took = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        done = subprocess.run(
            command, env=environment, input=given, text=True, capture_output=True, check=False
        )
        took.append((time.perf_counter() - begin) * 1000)
        if done.returncode != 0:
            raise Failure(f"{command} ended with {done.returncode}: {done.stderr}")
    return took[1:] or took


@contextlib.contextmanager
def silent_server():
    """Accepts connections and says nothing; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(listener.accept())

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def hook_input(event: str, folder: pathlib.Path, number: int, session: str = "11") -> str:
    """What Claude Code writes to a hook."""
    return json.dumps(
        {
            "session_id": f"0bf2b5f1-7e5a-4d0c-9f0e-3a8c5c0d6c{session}",
            "transcript_path": "/nonexistent/transcript.jsonl",
            "cwd": str(folder),
            "permission_mode": "default",
            "hook_event_name": event,
            "tool_name": "Edit",
            "tool_input": {"file_path": str(folder / f"src/{number % 7}.rs")},
            "tool_use_id": "toolu_01",
        }
    )


def message_times(server: Leitl, runs: int) -> list[float]:
    """From the broadcast's beginning until a waiting inbox has the message."""
    register = {"agent_name": "Waits", "agent_type": "bench"}
    waiting = server.call("POST", "session/register", register)["session_id"]
    speaker = Leitl(server.process, f"http://{server.connection.host}:{server.connection.port}",
                    server.token)  # fmt: skip
    took = []
    for _ in range(runs):
        arrived = []

        def wait() -> None:
            body = {"session_id": waiting, "wait_seconds": 30}
            answer = server.call("POST", "inbox", body)
            arrived.append((time.perf_counter(), answer))

        thread = threading.Thread(target=wait)
        thread.start()
        # The inbox should wait already; the time until it does is not what is measured.
        time.sleep(0.02)
        said = {"event_type": "broadcast.message", "data": {"text": "ping"}, "to": [waiting]}
        begin = time.perf_counter()
        speaker.call("POST", "broadcast", said)
        thread.join()
        if len(arrived[0][1]["messages"]) != 1:
            raise Failure(f"the inbox answered {arrived[0][1]}")
        took.append((arrived[0][0] - begin) * 1000)
    return took


def measure(binary: pathlib.Path, runs: int, scratch: pathlib.Path) -> bool:
    """Measures, prints, and says whether all limits hold."""
    project = scratch / "project"
    (project / ".git").mkdir(parents=True)
    print(f"{machine()}, load {load():.1f}; {runs} runs each\n", flush=True)
    rows = []

    def add(what: str, took: list[float], limit: str, held: bool) -> None:
        result = f"p50 {at(took, 0.5):.1f} ms, p99 {at(took, 0.99):.1f} ms"
        rows.append(Row(what, result, "", limit, held))

    home = {"PATH": os.environ["PATH"], "HOME": str(scratch), "XDG_RUNTIME_DIR": str(scratch)}
    took = timed([binary, "--help"], home, "", runs)
    add("`leitl --help`", took, f"p50 under {HELP} ms", at(took, 0.5) < HELP)
    with leitl(binary, scratch) as server:
        up = home | {
            "LEITL_URL": f"http://{server.connection.host}:{server.connection.port}",
            "LEITL_TOKEN": server.token,
        }
        started, ended = [], []
        for number in range(20, 20 + min(runs, 60)):
            for event, took in (("SessionStart", started), ("SessionEnd", ended)):
                given = hook_input(event, project, number, str(number))
                took += timed([binary, "hook", event], up, given, 0)
        for event, took in (("SessionStart", started), ("SessionEnd", ended)):
            held = at(took, 0.5) < HOOK_P50 and at(took, 0.99) < HOOK_P99
            add(f"`leitl hook {event}`", took, f"p50 {HOOK_P50} ms, p99 {HOOK_P99} ms", held)
        for event in ("UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop"):
            given = hook_input(event, project, len(rows))
            took = timed([binary, "hook", event], up, given, runs)
            held = at(took, 0.5) < HOOK_P50 and at(took, 0.99) < HOOK_P99
            add(f"`leitl hook {event}`", took, f"p50 {HOOK_P50} ms, p99 {HOOK_P99} ms", held)
        took = message_times(server, min(runs, 100))
        add("a message to an inbox that waits", took, f"{MESSAGE} ms", at(took, 0.99) < MESSAGE)
        given = hook_input("PreToolUse", project, 0)
        nobody = up | {"LEITL_URL": f"http://127.0.0.1:{free_port()}"}
        took = timed([binary, "hook", "PreToolUse"], nobody, given, runs)
        add("… where nobody listens", took, f"{HOOK_AWAY} ms", max(took) < HOOK_AWAY)
        with silent_server() as url:
            took = timed([binary, "hook", "PreToolUse"], up | {"LEITL_URL": url}, given, runs // 4)
            add("… at a server that says nothing", took, f"{HOOK_AWAY} ms", max(took) < HOOK_AWAY)
    print(table(rows))
    return all(row.held is not False for row in rows)


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/leitl")
    arguments = parser.parse_args()
    end_in_order()
    try:
        if not arguments.binary.is_file():
            raise Failure(f"{arguments.binary} is missing: `make release` builds it")
        with tempfile.TemporaryDirectory(prefix="leitl-bench-") as scratch:
            return 0 if measure(arguments.binary, arguments.runs, pathlib.Path(scratch)) else 1
    except (Failure, OSError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
