"""rclone, the peer of the synchronisation.

By itself rclone waits 10 ms before each request to a WebDAV server, so no number of
parallel requests brings it over a hundred a second. Since version 1.63 that can be
turned off. Where it can, this is the peer that the limits are about; an older one is
measured as it is, and the table says so.
"""

import dataclasses
import os
import pathlib
import resource
import subprocess
import time

from programs import PASSWORD, USER

# How many requests each of the two has under way.
PARALLEL = 8


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a run took, in seconds."""

    wall: float
    cpu: float


class Rclone:
    """rclone with one WebDAV remote, named `bench:`."""

    def __init__(self, program: pathlib.Path, url: str):
        self.program = program
        self.version = self._ask("version").split()[1].removeprefix("v")
        self.unpaced = "--webdav-pacer-min-sleep" in self._ask("help", "flags")
        self.environment = {
            "PATH": os.environ["PATH"],
            # Neither the owner's configuration nor their cache.
            "HOME": "/nonexistent",
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_BENCH_TYPE": "webdav",
            "RCLONE_CONFIG_BENCH_URL": url,
            "RCLONE_CONFIG_BENCH_VENDOR": "other",
            "RCLONE_CONFIG_BENCH_USER": USER,
            "RCLONE_CONFIG_BENCH_PASS": self._ask("obscure", PASSWORD),
            "RCLONE_CONFIG_BENCH_PACER_MIN_SLEEP": "0",
            "RCLONE_TRANSFERS": str(PARALLEL),
            "RCLONE_CHECKERS": str(PARALLEL),
        }

    def _ask(self, *arguments: str) -> str:
        run = subprocess.run(
            [self.program, *arguments], capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    def run(self, *arguments: str) -> Cost:
        """Runs it to its end."""
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(wall, cpu)

    def __str__(self) -> str:
        pace = "" if self.unpaced else ", which keeps to 100 requests a second"
        return f"rclone {self.version}{pace}"
