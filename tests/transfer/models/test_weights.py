import hashlib
from functools import partial
from pathlib import Path

import pytest
import timm
import torch
from torch import nn
from torchvision import models
from torchvision.models import ResNet18_Weights, Weights, WeightsEnum
from torchvision.transforms._presets import ImageClassification

from transfer import checkpoint
from transfer.errors import WeightsError
from transfer.models import hub, weights, zoo

MEAN, STD = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)


@pytest.fixture
def model() -> nn.Module:
    return models.mobilenet_v3_small(weights=None, num_classes=5)


def published(path: Path) -> WeightsEnum:
    class MobileNet_V3_Small_Weights(WeightsEnum):  # noqa: N801
        LOCAL = Weights(
            url=path.as_uri(),
            transforms=partial(ImageClassification, crop_size=32, mean=MEAN, std=STD),
            meta={},
        )

    return MobileNet_V3_Small_Weights.LOCAL


def checkpoint_folder(folder: Path, model: nn.Module, **changes: object) -> Path:
    facts = {
        "kind": "classifier",
        "architecture": "mobilenet_v3_small",
        "categories": ("a", "b"),
        "mean": MEAN,
        "std": STD,
        "lineage": ({"stage": "warmup_classifier"},),
    }
    checkpoint.save(folder, checkpoint.Facts.model_validate({**facts, **changes}), model.state_dict())
    return folder


def assert_backbone(found: weights.Weights, model: nn.Module) -> None:
    wanted = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("classifier.")}
    assert wanted.keys() == found.tensors.keys()
    assert all(torch.equal(tensor, found.tensors[name]) for name, tensor in wanted.items())


def test_a_file_comes_with_the_mean_and_std_given(tmp_path: Path, model: nn.Module) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": model.state_dict()}, path)
    found = weights.from_path(path, "mobilenet_v3_small", mean=MEAN, std=STD)
    assert_backbone(found, model)
    assert (MEAN, STD, ()) == (found.mean, found.std, found.lineage)
    assert {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "notes": ["taken from its entry 'state_dict' (beside it: nothing else)"],
    } == found.origin


@pytest.mark.parametrize("kind", ["classifier", "backbone"])
def test_a_checkpoint_folder_comes_with_its_own_facts(tmp_path: Path, model: nn.Module, kind: str) -> None:
    folder = checkpoint_folder(tmp_path / "classifier", model, kind=kind)
    found = weights.from_path(folder, "mobilenet_v3_small", mean=(0.0,) * 3, std=(1.0,) * 3)
    assert_backbone(found, model)
    assert (MEAN, STD, ({"stage": "warmup_classifier"},)) == (found.mean, found.std, found.lineage)
    assert hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() == found.origin["sha256"]


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path, model: nn.Module) -> None:
    folder = checkpoint_folder(tmp_path / "classifier", model, architecture="resnet50")
    with pytest.raises(WeightsError, match="holds a 'resnet50', but architecture is 'resnet18'; change one"):
        weights.from_path(folder, "resnet18", mean=MEAN, std=STD)


def test_a_detectors_checkpoint_is_refused(tmp_path: Path, model: nn.Module) -> None:
    folder = checkpoint_folder(tmp_path / "detector", model, kind="detector")
    with pytest.raises(WeightsError, match="holds a checkpoint of kind 'detector'; a backbone comes from"):
        weights.from_path(folder, "mobilenet_v3_small", mean=MEAN, std=STD)


def test_a_file_for_another_architecture_is_refused(tmp_path: Path, model: nn.Module) -> None:
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    with pytest.raises(
        WeightsError, match=r"weights\.pth: does not fit architecture 'resnet18':\n  missing 120 of 120"
    ):
        weights.from_path(tmp_path / "weights.pth", "resnet18", mean=MEAN, std=STD)


def test_torchvisions_weights_come_with_their_own_mean_and_std(
    tmp_path: Path, model: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    digest = hashlib.sha256((tmp_path / "weights.pth").read_bytes()).hexdigest()
    path = (tmp_path / "weights.pth").rename(tmp_path / f"weights-{digest[:8]}.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(hub, "find", lambda _: published(path))
    monkeypatch.setattr(hub, "model_name", lambda _: "mobilenet_v3_small")
    found = weights.from_torchvision("MobileNet_V3_Small_Weights.LOCAL", "mobilenet_v3_small")
    assert_backbone(found, model)
    assert (MEAN, STD, {"sha256": digest}) == (found.mean, found.std, found.origin)
    assert (tmp_path / "cache/hub/checkpoints" / path.name).read_bytes() == path.read_bytes()


def test_torchvisions_weights_for_another_architecture_are_refused_before_a_download() -> None:
    name = str(ResNet18_Weights.IMAGENET1K_V1)
    with pytest.raises(WeightsError, match="is for 'resnet18', but architecture is 'resnet50'; change one of the two"):
        weights.from_torchvision(name, "resnet50")


def test_random_weights_depend_on_the_seed_alone() -> None:
    found = [weights.random("mobilenet_v3_small", seed=3, mean=MEAN, std=STD) for _ in range(2)]
    torch.manual_seed(3)
    expected = zoo.build("mobilenet_v3_small", nn.Identity())
    for one in found:
        assert_backbone(one, expected)


TIMM = "timm:test_resnet"


def timm_body() -> tuple[nn.Module, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    model = zoo.find(TIMM).build()
    return model, {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("fc.")}


def test_timms_weights_come_with_their_own_mean_and_std(monkeypatch: pytest.MonkeyPatch) -> None:
    model, body = timm_body()
    create = timm.create_model
    monkeypatch.setattr(
        timm, "create_model", lambda name, *, pretrained: model if pretrained else create(name, pretrained=False)
    )
    found = weights.from_timm("test_resnet.r160_in1k", TIMM)
    assert body.keys() == found.tensors.keys()
    assert all(torch.equal(tensor, found.tensors[name]) for name, tensor in body.items())
    assert (tuple(model.pretrained_cfg["mean"]), tuple(model.pretrained_cfg["std"])) == (found.mean, found.std)
    assert {"hub": "timm/test_resnet.r160_in1k", "tag": "r160_in1k", "timm": timm.__version__} == found.origin


def test_timms_weights_from_a_file_are_those_of_its_model(tmp_path: Path) -> None:
    model, body = timm_body()
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    found = weights.from_path(tmp_path / "weights.pth", TIMM, mean=MEAN, std=STD)
    assert all(torch.equal(tensor, found.tensors[name]) for name, tensor in body.items())


def test_timms_weights_without_a_network_say_which_file_to_put_where(monkeypatch: pytest.MonkeyPatch) -> None:
    zoo.find(TIMM)

    def unreachable(name: str, *, pretrained: bool) -> nn.Module:
        raise OSError("Name or service not known")

    monkeypatch.setattr(timm, "create_model", unreachable)
    with pytest.raises(
        WeightsError,
        match=r"timm:test_resnet: cannot fetch its weights \(Name or.*Fetch model\.safetensors of "
        r"timm/test_resnet\.r160_in1k.*file: data/weights/test_resnet\.safetensors, mean: \[0\.5",
    ):
        weights.from_timm("test_resnet", TIMM)


def test_unknown_or_other_weights_of_timm_are_refused_before_a_download() -> None:
    with pytest.raises(WeightsError, match=r"no weights 'test_resnet\.in2k'; of test_resnet it has: test_resnet\.r160"):
        weights.from_timm("test_resnet.in2k", TIMM)
    with pytest.raises(WeightsError, match="timm has no model 'test_resnot'; closest: timm:test_resnet"):
        weights.from_timm("test_resnot", "timm:test_resnot")
    with pytest.raises(
        WeightsError, match="timm:test_resnet is for 'timm:test_resnet', but architecture is 'resnet18'"
    ):
        weights.from_timm("test_resnet", "resnet18")


@pytest.mark.network
def test_timms_weights_are_downloaded() -> None:
    found = weights.from_timm("test_resnet.r160_in1k", TIMM)
    _, body = timm_body()
    assert body.keys() == found.tensors.keys()
