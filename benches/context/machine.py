"""Names the machine, so that a figure can be judged."""

import os
import pathlib


def machine() -> str:
    """The processor, how many there are, and the kernel."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")
    return f"{os.cpu_count()} x {name}, Linux {os.uname().release}"


def load() -> float:
    """How many processes wanted a processor in the last minute."""
    return os.getloadavg()[0]


def filesystem(folder: pathlib.Path) -> str:
    """The kind of file system a folder is on: `ext4`, `tmpfs`."""
    best, kind = pathlib.Path("/"), "?"
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, point, name, *_ = line.split()
        # The last mount at a point hides those before it.
        if folder.resolve().is_relative_to(point) and pathlib.Path(point).is_relative_to(best):
            best, kind = pathlib.Path(point), name
    return kind
