"""Show a decision on the console: the gates as a table, and what was decided."""

from rich.table import Table
from rich.text import Text

from pipelines.release.deciding import Decision
from pipelines.release.log import LOG, PROMOTED, REFUSED, Entry
from pipelines.summary import console, number


def show(decision: Decision) -> None:
    """Print the gates, the decision and where it is written down."""
    screen, entry = console(), decision.entry
    if entry.get("gates"):
        screen.print(_table(entry))
    screen.print(Text(_sentence(entry), "bold red" if entry["decision"] == REFUSED else "bold green"))
    for reason in entry["reasons"]:
        screen.print(f"  {reason}")
    screen.print(f"written down in {LOG}, commit {decision.commit[:8]}")


def _table(entry: Entry) -> Table:
    table = Table("gate", "value", "limit", "passed", "", box=None, header_style="bold", pad_edge=False)
    for gate in entry["gates"]:
        passed = Text("yes", "green") if gate["passed"] else Text("NO", "bold red")
        table.add_row(gate["gate"], _number(gate["value"]), _number(gate["limit"]), passed, gate["says"])
    return table


def _sentence(entry: Entry) -> str:
    bundle = f"{entry['bundle']['name']} {entry['bundle']['version']}"
    before = entry["champion"]["version"] if entry["champion"] else None
    if entry["decision"] == REFUSED:
        return f"{bundle} is refused" + (f"; {before} stays the champion" if before else "")
    if entry["decision"] == PROMOTED:
        return f"{bundle} is the champion" + (f", in place of {before}" if before else "")
    return f"{bundle} is the champion again, in place of {before}"


def _number(value: float | None) -> str:
    return "" if value is None else number(value)
