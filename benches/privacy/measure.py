#!/usr/bin/env python3
"""Recall and false alarms of the privacy scanner.

Values come from PyPI `faker` in the locales of values.py, and from makers there where
faker has none. They stand in sentences and objects of agents. Clean lines are made
by generators: commits, test output, code, logs, tasks, stack traces, our events.
Tune on the set `tuning`; report `held-out`, which has another seed and sentences of
its own. The generators of clean lines are the same in both.

    measure.py SCAN [--set tuning|held-out] [--show N] [--real FILE...]

SCAN is the bench `privacy` as a program, built in release; the exit code is 1 if a limit
is broken. `--show` prints misses and
false alarms (never do so with the held-out set before tuning is over). `--real`
takes files of true lines, of which those that fire are printed.
"""

import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys

from clean import Clean
from sentences import personal

SEEDS = {"tuning": 1, "held-out": 20261124}
A_KIND = 1_500
CLEAN = 6_000

# The least recall, the largest share of clean lines touched, and the longest time in
# microseconds for an event of 300 bytes.
RECALL = collections.defaultdict(lambda: 0.98, phone=0.85)
TOUCHED = 0.005
LONGEST = 50


def scan(program, objects):
    lines = "\n".join(json.dumps(object, ensure_ascii=False) for object in objects)
    ran = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def leaves(value):
    """All strings of an object, names too."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member)
    elif isinstance(value, str):
        yield value


def timed(program, objects):
    lines = "\n".join(json.dumps(object, ensure_ascii=False) for object in objects)
    return subprocess.run(
        [program, "--time"], input=lines, capture_output=True, text=True, check=True
    ).stdout.strip()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scan")
    parser.add_argument("--set", choices=SEEDS, default="tuning")
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--real", nargs="*", type=pathlib.Path, default=[])
    given = parser.parse_args()
    chance = random.Random(SEEDS[given.set])

    rows = list(personal(given.set, SEEDS[given.set], A_KIND))
    answers = scan(given.scan, [object for _, _, object, _ in rows])
    tally = collections.defaultdict(collections.Counter)
    missed = collections.defaultdict(list)
    for (kind, value, object, named), answer in zip(rows, answers):
        text = " ".join(leaves(answer.get("object", {})))
        gone = "object" not in answer or value not in text
        right = gone and answer.get("counts", {}).get(kind, 0) >= 1
        # Nothing of it is left: what is not the value was not touched.
        place = {"national_id": "[national id]"}.get(kind, f"[{kind}]")
        whole = right and json.dumps(object, ensure_ascii=False, sort_keys=True).replace(
            value, place
        ) == json.dumps(answer["object"], ensure_ascii=False, sort_keys=True)
        for name in ("all", "named" if named else "alone"):
            tally[kind].update(
                {f"{name}": 1, f"{name} right": right, f"{name} gone": gone, f"{name} whole": whole}
            )
        if not whole:
            missed[kind].append((right, object, answer))
    print(f"set {given.set}: seed {SEEDS[given.set]}, {len(rows)} objects with one value each")
    print(
        f"{'kind':12} {'recall':>7} {'whole':>7} {'hidden':>7} {'beside a word':>14} {'alone':>7}"
    )
    for kind, count in tally.items():
        share = lambda name, what: (
            f"{count[f'{name} {what}'] / count[name]:.4f}" if count[name] else "-"
        )
        print(
            f"{kind:12} {share('all', 'right'):>7} {share('all', 'whole'):>7} {share('all', 'gone'):>7} {share('named', 'right'):>14} {share('alone', 'right'):>7}"
        )
    for kind, list_ in missed.items():
        for right, object, answer in chance.sample(list_, min(given.show, len(list_))):
            print(
                kind,
                "cut" if right else "missed",
                json.dumps(object, ensure_ascii=False),
                "->",
                json.dumps(answer, ensure_ascii=False),
            )

    held = all(
        count["all right"] / count["all"] >= RECALL[kind] for kind, count in tally.items()
    )

    clean = Clean(SEEDS[given.set])
    objects = [
        line if isinstance(line, dict) else {"message": line}
        for line in (clean.line() for _ in range(CLEAN))
    ]
    answers = scan(given.scan, objects)
    alarms = [(o, a) for o, a in zip(objects, answers) if a.get("counts") or "refused" in a]
    held = held and len(alarms) / len(objects) <= TOUCHED
    print(
        f"clean: {len(alarms)} of {len(objects)} lines touched ({len(alarms) / len(objects):.4%})"
    )
    for object, answer in alarms[: given.show]:
        print(
            "alarm",
            json.dumps(object, ensure_ascii=False),
            "->",
            json.dumps(answer, ensure_ascii=False),
        )

    def event(line):
        """Of 300 bytes: a task with more of such lines."""
        text = json.dumps(line, ensure_ascii=False)
        while len(text) < 300:
            text += " " + str(clean.line())
        return {"task": text[:300]}

    took = timed(given.scan, [event(object) for object in objects[:1000]])
    print("clean:", took)
    held = held and float(took.split(" µs")[0].split()[-1]) <= LONGEST
    print(
        "with one value:",
        timed(given.scan, [event(object) for _, _, object, _ in chance.sample(rows, 1000)]),
    )

    for file in given.real:
        lines = [line for line in file.read_text(errors="replace").splitlines() if line.strip()]
        answers = scan(given.scan, [{"message": line} for line in lines])
        alarms = [(l, a) for l, a in zip(lines, answers) if a.get("counts") or "refused" in a]
        print(f"{file}: {len(alarms)} of {len(lines)} lines touched")
        for line, answer in alarms:
            print(
                "   ",
                line[:160],
                "->",
                (answer.get("refused") or answer["object"]["message"])[:160],
            )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
