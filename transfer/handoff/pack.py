"""Put a bundle together: models, evidence, golden inputs, lineage, papers, checksums."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from transfer import atomic
from transfer.handoff import card, golden, layout, requirements, sbom
from transfer.handoff.layout import Part


def write_models(
    bundle: Path,
    parts: Sequence[Part],
    described: Mapping[str, Any],
    *,
    images: Iterable[tuple[int, np.ndarray]],
    tolerances: Mapping[str, float],
) -> None:
    """Write all that answering needs: bundle.json, models, programs, and the golden inputs that these answer now."""
    atomic.write_json(bundle / "bundle.json", described)
    layout.copy_models(bundle, parts)
    layout.copy_programs(bundle)
    requirements.write(bundle / "requirements.txt")
    golden.write_expected(bundle, golden.write_inputs(bundle, images), tolerances)


def write_papers(bundle: Path, parts: Sequence[Part], facts: Mapping[str, Any], *, licence: Path, lock: Path) -> None:
    """Write all that people read: card, README, licence, and the bill of materials, from the facts of `facts_of`."""
    card.write(bundle / "MODEL_CARD.md", facts)
    card.write_readme(bundle / "README.md", facts)
    shutil.copyfile(licence, bundle / "LICENSE")
    fingerprint = facts["data"]["fingerprint"]
    sbom.write(
        bundle / "sbom.cdx.json",
        parts,
        name=facts["name"],
        version=facts["version"],
        lock=lock,
        fingerprint=fingerprint,
    )


def facts_of(
    described: Mapping[str, Any], origin: Mapping[str, Any], *, validation: Path, splits: Path, **more: Any
) -> dict[str, Any]:
    """Gather what the papers are filled from."""
    summary = json.loads((splits / "summary.json").read_text(encoding="utf-8"))
    classes = sorted({name for split in summary["splits"].values() for name in split["classes"]})
    gate = json.loads((validation / "result.json").read_text(encoding="utf-8"))
    return {
        **described,
        "lineage": origin,
        "data": origin["data"],
        "splits": summary,
        "classes": classes,
        "validation": gate,
        **more,
    }


def ratio(bundle: Path, folders: Iterable[str]) -> tuple[int, float]:
    """Return the size of a bundle in bytes, and how many times that of the weights in its models' folders it is."""
    size = sum((bundle / name).stat().st_size for name in layout.files_of(bundle))
    weights = sum(
        (bundle / folder / f"model.{kind}").stat().st_size for folder in folders for kind in ("onnx", "safetensors")
    )
    return size, size / weights
