"""What processes cost, read from /proc (proc(5))."""

import dataclasses
import os
import pathlib

TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Process:
    """One process at one moment."""

    id: int
    parent: int
    # Seconds of processor time, with those of children that have ended.
    cpu: float


def _process(folder: pathlib.Path) -> Process | None:
    """Reads a process; `None` if it has ended meanwhile."""
    try:
        stat = (folder / "stat").read_text()
    except OSError:
        return None
    # Before the bracket stands its name, which may itself hold spaces and brackets.
    fields = stat[stat.rindex(")") + 2 :].split()
    cpu = sum(map(int, fields[11:15])) * TICK
    return Process(int(folder.name), int(fields[1]), cpu)


def family(root: int) -> list[Process]:
    """A process and then all that descend from it; nothing if it has ended."""
    processes = [
        process
        for folder in pathlib.Path("/proc").iterdir()
        if folder.name.isdecimal() and (process := _process(folder)) is not None
    ]
    found = [process for process in processes if process.id == root]
    for process in found:
        found += [child for child in processes if child.parent == process.id]
    return found


def resident(process: int) -> int:
    """The resident memory of one process, in bytes."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
