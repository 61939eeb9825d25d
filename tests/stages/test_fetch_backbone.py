from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from receiver.standalone import verify
from stages import fetch_backbone
from stages.backbone import BackboneParams
from stages.params import Runtime
from tests.transfer.models import drawn_bundle
from transfer import checkpoint
from transfer.errors import WeightsError
from transfer.models import classifier, zoo
from transfer.training import pretraining

ARCHITECTURE = "mobilenet_v3_small"
RUNTIME = Runtime(seed=1, threads=1, device="cpu", precision="fp32")
FORMULA = {"num_images": 48, "image_size": 32, "batch_size": 8, "learning_rate": 0.001, "weight_decay": 0.05}
PARAMS = {"architecture": ARCHITECTURE, "file": "weights", "mean": (0.5,) * 3, "std": (0.25,) * 3, "formula": FORMULA}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pretraining, "IMAGES_PER_EPOCH", 16)
    monkeypatch.setattr(pretraining, "IMAGES_MEASURED", 8)


def run(out: str, **changes: Any) -> tuple[checkpoint.Facts, dict[str, torch.Tensor]]:
    params = BackboneParams.model_validate({**PARAMS, **changes})
    fetch_backbone.run(params, RUNTIME, backbone=Path(out))
    return checkpoint.load(Path(out))


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_formula_says_how_much_it_was_trained_on_and_gives_a_body_that_answers() -> None:
    facts, tensors = run("out", source="formula")
    (entry,) = facts.lineage
    assert {"stage": "fetch_backbone", "source": "formula", "seed": 1, "num_images": 48}.items() <= entry.items()
    assert {"device": "cpu", "threads": 1, "precision": "fp32"}.items() <= entry.items()
    assert entry["loss"] > 0
    assert ("backbone", ARCHITECTURE, (0.5,) * 3, (0.25,) * 3) == (
        facts.kind,
        facts.architecture,
        facts.mean,
        facts.std,
    )
    with torch.no_grad():
        features = classifier.build_backbone(facts, tensors)(torch.zeros(2, 3, 32, 32))
    assert (2, zoo.find(ARCHITECTURE).num_features) == tuple(features.shape)


def test_formula_gives_the_same_bytes_again() -> None:
    run("once", source="formula")
    run("again", source="formula")
    assert contents("once") == contents("again")


def test_a_killed_formula_run_goes_on_to_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    run("uninterrupted", source="formula")
    validate = pretraining.FormulaTask.validate
    epochs: list[int] = []

    def killed_in_the_second_epoch(task: pretraining.FormulaTask, model: nn.Module) -> dict[str, float]:
        epochs.append(1)
        if len(epochs) == 2:
            raise KeyboardInterrupt
        return validate(task, model)

    monkeypatch.setattr(pretraining.FormulaTask, "validate", killed_in_the_second_epoch)
    with pytest.raises(KeyboardInterrupt):
        run("killed", source="formula")
    assert not Path("killed").exists()
    run("killed", source="formula")
    assert 2 + 2 == len(epochs)
    assert contents("uninterrupted") == contents("killed")
    assert [] == list(Path(".transferline/resume").iterdir())


def test_none_gives_random_weights_of_the_seed() -> None:
    facts, tensors = run("out", source="none")
    torch.manual_seed(RUNTIME.seed)
    expected = zoo.build(ARCHITECTURE, nn.Identity()).state_dict()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in expected.items())
    assert ({"stage": "fetch_backbone", "source": "none", "seed": 1},) == facts.lineage


def test_file_drops_the_head_and_names_the_file_by_its_hash() -> None:
    state = zoo.build(ARCHITECTURE, nn.Linear(576, 1000)).state_dict()
    torch.save(state, "weights.pth")
    facts, tensors = run("out", source="file", file="weights.pth", mean=(0.1, 0.2, 0.3))
    assert {name for name in state if not name.startswith("classifier.")} == set(tensors)
    assert (0.1, 0.2, 0.3) == facts.mean
    assert {"stage", "source", "sha256", "notes"} == facts.lineage[0].keys()


def test_a_checkpoint_of_this_line_keeps_its_lineage() -> None:
    run("first", source="none")
    facts, _ = run("second", source="file", file="first", mean=(0.1, 0.2, 0.3))
    assert ["none", "file"] == [entry["source"] for entry in facts.lineage]
    assert (0.5, 0.5, 0.5) == facts.mean


def test_the_lineage_of_a_bundle_goes_on_and_names_it(tmp_path: Path) -> None:
    bundle = drawn_bundle.make(tmp_path / "bundle")

    facts, _ = run("out", source="bundle", file=str(bundle))

    assert ["finetune_classifier", "fetch_backbone"] == [entry["stage"] for entry in facts.lineage]
    entry = facts.lineage[-1]
    assert ("bundle", "tiny", verify.digest(bundle)) == (entry["source"], entry["bundle"], entry["digest"])
    assert (0.1, 0.2, 0.3) == facts.mean


def test_an_unknown_architecture_is_refused_before_anything_runs() -> None:
    with pytest.raises(WeightsError, match=r"unknown architecture 'resnet19'; did you mean 'resnet1?8'\?"):
        run("out", source="formula", architecture="resnet19")


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ValueError, match="source"):
        run("out", source="imagenet")


def test_nothing_is_written_when_the_weights_do_not_fit() -> None:
    torch.save({"a": torch.ones(1)}, "weights.pth")
    with pytest.raises(WeightsError, match=r"weights\.pth: does not fit architecture 'mobilenet_v3_small'"):
        run("out", source="file", file="weights.pth")
    assert not Path("out").exists()
