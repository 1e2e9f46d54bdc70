"""The figures as a table for the README."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure beside its peer's; `held` is `None` where there is no limit."""

    measured: str
    result: str
    peer: str
    limit: str = ""
    held: bool | None = None

    def __str__(self) -> str:
        verdict = {None: "", True: "ok", False: "**BROKEN**"}[self.held]
        return f"| {self.measured} | {self.result} | {self.peer} | {self.limit} | {verdict} |"


def table(rows: list[Row]) -> str:
    """All rows with their head, in Markdown."""
    head = "| measured | LEITL | beside it | limit | |\n|---|---|---|---|---|"
    return "\n".join([head, *map(str, rows)])
