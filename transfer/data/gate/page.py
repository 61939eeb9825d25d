"""Show the verdict of the gate as one page that needs no network and is the same every time."""

import base64
import io
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from PIL import Image

from transfer.data.dataset import Dataset
from transfer.data.gate import charts
from transfer.data.gate.gate_findings import KINDS
from transfer.data.gate.judgement import Verdict
from transfer.data.gate.template import TEMPLATE
from transfer.data.ingest.findings import KINDS as INGEST_KINDS

ROWS_PER_KIND = 100
MOST_PAIRS = 4
PAIR_WIDTH = 900


def render(verdict: Verdict, found: Dataset, *, pairs: Path) -> str:
    """Return HTML; `pairs` is a folder with pictures of duplicates, of which the first few are embedded."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    kinds = _kinds(verdict)
    return environment.from_string(TEMPLATE).render(
        success=verdict.success,
        failing=[kind for kind in kinds if kind["action"] == "fail"],
        warning=[kind for kind in kinds if kind["action"] == "warn"],
        ingested=[kind for kind in kinds if kind["action"] not in ("fail", "warn")],
        facts=verdict.statistics,
        checks=verdict.checks,
        charts=_charts(verdict, found),
        pairs=[_embedded(path) for path in sorted(pairs.glob("*.png"))[:MOST_PAIRS]],
        rows_per_kind=ROWS_PER_KIND,
    )


def _kinds(verdict: Verdict) -> list[dict[str, Any]]:
    counts = {(action, name): count for action, name, count in verdict.counts()}
    sentences = {name: kind.sentence for name, kind in INGEST_KINDS.items()} | dict(KINDS)
    return [
        {
            "action": action,
            "name": name,
            "count": counts[action, name],
            "sentence": sentences.get(name, "an expectation could not be checked"),
            "rows": list(islice(rows, ROWS_PER_KIND)),
        }
        for (action, name), rows in groupby(verdict.findings, key=lambda finding: (finding.action, finding.finding))
    ]


def _charts(verdict: Verdict, found: Dataset) -> list[tuple[str, str]]:
    """Return titles and SVG; the charts escape the names they hold."""
    facts = verdict.statistics
    drawn = []
    if found.labels:
        drawn.append(("Images per class", charts.bars(facts["images_per_label"], unit="images")))
    if found.categories:
        drawn.append(("Boxes per category", charts.bars(facts["boxes_per_category"], unit="boxes")))
        longest = float(max(facts["box_width"][2], facts["box_height"][2]))
        picture = charts.box_sizes(found.boxes, found.categories, longest=longest)
        drawn.append(("Sizes of boxes, pixels", picture + charts.legend(found.categories)))
    return drawn


def _embedded(path: Path) -> tuple[str, str]:
    """Return the name and a data URL of a picture, made small enough to carry along."""
    buffer = io.BytesIO()
    with Image.open(path) as picture:
        picture.thumbnail((PAIR_WIDTH, PAIR_WIDTH))
        picture.convert("RGB").save(buffer, format="JPEG", quality=80)
    return path.stem, "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
