from pathlib import Path

import pytest
import torch

from receiver.standalone import verify
from tests.receiver import tiny_bundle
from tests.transfer.models import drawn_bundle
from tests.transfer.models.drawn_bundle import ARCHITECTURE
from transfer import checkpoint
from transfer.errors import WeightsError
from transfer.handoff import archive
from transfer.models import bundles, detector_weights, weights


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return drawn_bundle.make(tmp_path / "bundle")


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_the_classifiers_body_becomes_the_backbone_and_the_lineage_names_the_bundle(bundle: Path, packed: bool) -> None:
    path = bundle
    if packed:
        path = bundle.with_suffix(".zip")
        archive.write(path, bundle)

    found = weights.from_bundle(path, ARCHITECTURE)

    _, tensors = checkpoint.load(bundle / "classifier")
    body = {name for name in tensors if not name.startswith("classifier.")}
    assert body == set(found.tensors)
    assert all(torch.equal(tensors[name], found.tensors[name]) for name in body)
    assert (0.1, 0.2, 0.3) == found.mean
    assert ({"stage": "finetune_classifier"},) == found.lineage
    digest = verify.digest(bundle)
    assert {"bundle": "tiny", "version": "1", "digest": digest}.items() <= found.origin.items()


def test_a_detector_brings_its_lineage_and_the_bundles_name(bundle: Path) -> None:
    facts, tensors = detector_weights.from_bundle(bundle)

    assert ["finetune_detector", "fetch_detector"] == [entry["stage"] for entry in facts.lineage]
    assert {"source": "bundle", "bundle": "tiny", "version": "1"}.items() <= facts.lineage[-1].items()
    assert set(checkpoint.load(bundle / "detector")[1]) == set(tensors)


def test_nothing_is_taken_from_a_bundle_that_is_not_as_it_was_packed(bundle: Path) -> None:
    path = bundle / "classifier/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    with pytest.raises(WeightsError, match=r"changed: classifier/model\.safetensors\n  nothing was taken from it; ask"):
        weights.from_bundle(bundle, ARCHITECTURE)


def test_a_bundle_of_the_other_task_is_refused(tmp_path: Path) -> None:
    folder = tiny_bundle.make(tmp_path / "bundle", ["classification"])

    with (
        pytest.raises(WeightsError, match="the bundle tiny is for classification, not detection"),
        bundles.opened(folder, "detection"),
    ):
        pass


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"missing: SHA256SUMS.*expected it at the top"):
        weights.from_bundle(tmp_path, ARCHITECTURE)
    with pytest.raises(WeightsError, match="none: not found; expected a folder or a zip"):
        weights.from_bundle(tmp_path / "none", ARCHITECTURE)


def test_another_architecture_is_refused(bundle: Path) -> None:
    with pytest.raises(WeightsError, match="holds a 'mobilenet_v3_small', but architecture is 'resnet18'"):
        weights.from_bundle(bundle, "resnet18")
