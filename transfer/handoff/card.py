"""Fill the model card and the README of a bundle from facts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from transfer import atomic
from transfer.handoff.card_template import TEMPLATE
from transfer.handoff.readme_template import README


def write(path: Path, facts: Mapping[str, Any]) -> None:
    """Write the model card as Markdown."""
    atomic.write_text(path, _environment().from_string(TEMPLATE).render(facts))


def write_readme(path: Path, facts: Mapping[str, Any]) -> None:
    """Write how a receiver starts."""
    atomic.write_text(path, _environment().from_string(README).render(facts))


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Markdown for people; nothing of it is ever put into a page unescaped by us.
        autoescape=False,
    )
    environment.filters |= {
        "amount": "{:,}".format,
        "cell": _cell,
        "figure": _figure,
        "interval": _interval,
        "percent": "{:.1%}".format,
    }
    return environment


def _cell(text: object) -> str:
    return " ".join(str(text).replace("|", "\\|").split())


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _interval(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{ends[0]:.4f} to {ends[1]:.4f}"
