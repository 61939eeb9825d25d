import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stages import fetch_backbone, fetch_candidate
from stages.backbone import BackboneParams
from stages.params import Runtime, load
from transfer import checkpoint
from transfer.errors import ParamsError

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = Runtime(seed=1, threads=1, device="cpu", precision="fp32")
FORMULA = {"num_images": 48, "image_size": 32, "batch_size": 8, "learning_rate": 0.001, "weight_decay": 0.05}
ENTRY = {"architecture": "mobilenet_v3_small", "source": "none", "file": "weights", "formula": FORMULA}
ENTRY = {**ENTRY, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(entries: dict[Any, Any]) -> fetch_candidate.Candidates:
    Path("params.yaml").write_text(yaml.safe_dump({"candidates": entries}), encoding="utf-8")
    return load("candidates", fetch_candidate.Candidates)


def test_a_candidate_is_what_fetch_backbone_would_have_made() -> None:
    candidates = read({"small": ENTRY, "other": {**ENTRY, "architecture": "resnet18"}})

    fetch_candidate.run(candidates, RUNTIME, name="small")
    fetch_backbone.run(BackboneParams.model_validate(candidates.named("small").model_dump()), RUNTIME)

    facts, expected = checkpoint.load_facts(Path("models/small")), checkpoint.load_facts(Path("models/backbone"))
    assert ({"stage": "fetch_candidate", "source": "none", "seed": 1},) == facts.lineage
    assert expected == facts.model_copy(update={"lineage": expected.lineage})
    weights = [Path("models", name, checkpoint.WEIGHTS_FILE).read_bytes() for name in ("small", "backbone")]
    assert weights[0] == weights[1]
    assert {"backbone", "small"} == {folder.name for folder in Path("models").iterdir()}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"resnet.50": ENTRY}, r"candidates\.resnet\.50: .*match pattern"),
        ({50: ENTRY}, r"candidates\.50: .*keys should be strings"),
        ({"small": {**ENTRY, "source": "imagenet"}}, r"candidates\.small\.source: found 'imagenet'"),
        ({"small": {"source": "none"}}, r"candidates\.small\.architecture: missing"),
    ],
)
def test_mistakes_are_named(entries: dict[Any, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        read(entries)


def test_the_closest_name_is_named() -> None:
    with pytest.raises(ParamsError, match=r"there is no 'smal'; did you mean 'small'\?"):
        read({"small": ENTRY}).named("smal")
    with pytest.raises(ParamsError, match=r"there is no 'small'\. There are: none"):
        read({}).named("small")


def test_the_examples_can_be_read() -> None:
    page, params = ((ROOT / file).read_text(encoding="utf-8") for file in ("docs/selection.md", "params.yaml"))
    (block,) = re.findall(r"^```yaml\n(candidates:.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    (comment,) = re.findall(r"^# Further .*\n((?:#.*\n)+)candidates:", params, flags=re.MULTILINE)

    in_page = read(yaml.safe_load(block)["candidates"])
    in_params = read(yaml.safe_load(comment.replace("#", "")))

    assert in_page.named("resnet50") == in_params.named("resnet50")
