"""Render the page: one file that holds its style, its script and its pictures, and asks nobody for anything."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from transfer.report import champion, overview, words

PAGE, STYLE, SCRIPTS = "page.html.jinja", "report.css", ("theme.js", "report.js")
TASKS = {"classifier": "classification", "detector": "detection"}
PARTS = {
    "overview": "Overview",
    "line": "Line",
    "data": "Data",
    "classifier": "Classifier",
    "detector": "Detector",
    "parity": "Parity",
    "champions": "Champion",
    "lineage": "Lineage",
}


def render(templates: Path, page: dict[str, Any]) -> str:
    """Return HTML; every text of the data set is escaped.

    `page` has a title or None, the line, the text of params.yaml, the data, the newest promotion or None, and of each
    model its section or None.
    """
    page = {**page, **_of_both(page)}
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = words.percent
    environment.filters["named"] = words.named
    environment.filters["amount"] = "{:,}".format
    return environment.get_template(PAGE).render(
        **page,
        parts=[(part, name) for part, name in PARTS.items() if page.get(part, part) is not None],
        verdicts=overview.verdicts(page),
        sentence=overview.sentence(page),
        style=Markup((templates / STYLE).read_text(encoding="utf-8")),
        scripts=[_script(templates / name) for name in SCRIPTS],
    )


def _script(path: Path) -> dict[str, str]:
    """Return a script with the hash by which the page's policy allows it, and no other."""
    text = path.read_text(encoding="utf-8")
    return {"text": Markup(text), "hash": base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")}


def _of_both(page: dict[str, Any]) -> dict[str, Any]:
    models = {name: page[name] for name in TASKS if page[name] is not None}
    metrics = {TASKS[name]: model["metrics"] for name, model in models.items()}
    return {
        "parities": [model["parity"] for model in models.values()],
        "lineages": {name.capitalize(): model["lineage"] for name, model in models.items()},
        "champion": None if page["champion"] is None else champion.compare(page["champion"], metrics),
    }
