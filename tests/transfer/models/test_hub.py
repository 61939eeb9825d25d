import hashlib
import io
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.error import URLError

import pytest
from torchvision.models import MobileNet_V2_Weights, ResNet18_Weights, Weights, WeightsEnum
from torchvision.transforms._presets import ImageClassification

from transfer.errors import WeightsError
from transfer.models import hub

CONTENT = b"some weights"
HASH = hashlib.sha256(CONTENT).hexdigest()[:8]
URL = "https://example.invalid/models/{}-{}.pth"


class Published_Weights(WeightsEnum):  # noqa: N801
    V1 = Weights(url=URL.format("tiny", HASH), transforms=partial(ImageClassification, crop_size=32), meta={})


class Tampered_Weights(WeightsEnum):  # noqa: N801
    V1 = Weights(url=URL.format("tiny", "0" * 8), transforms=partial(ImageClassification, crop_size=32), meta={})


def answer(urls: list[str]) -> Callable[..., io.BytesIO]:
    def urlopen(url: str, **_: object) -> io.BytesIO:
        urls.append(url)
        return io.BytesIO(CONTENT)

    return urlopen


def offline(*_: object, **__: object) -> io.BytesIO:
    raise URLError("no network")


def test_finds_weights_by_torchvisions_name() -> None:
    assert ResNet18_Weights.IMAGENET1K_V1 is hub.find("ResNet18_Weights.IMAGENET1K_V1")
    assert "resnet18" == hub.model_name(ResNet18_Weights.IMAGENET1K_V1)
    assert "mobilenet_v2" == hub.model_name(MobileNet_V2_Weights.IMAGENET1K_V2)


def test_finds_the_weights_of_detectors() -> None:
    found = hub.find("FasterRCNN_ResNet50_FPN_Weights.COCO_V1")
    assert "fasterrcnn_resnet50_fpn" == hub.model_name(found)


def test_unknown_weights_give_the_closest() -> None:
    with pytest.raises(
        WeightsError, match=r"'Resnet18_Weights.IMAGENET1K_V3'; closest: ResNet18_Weights\.IMAGENET1K_V1"
    ):
        hub.find("Resnet18_Weights.IMAGENET1K_V3")


def test_a_name_like_no_other_gets_an_example() -> None:
    with pytest.raises(WeightsError, match=r"no weights named '!'; a name looks like ResNet18_Weights\.IMAGENET1K_V1"):
        hub.find("!")


def test_downloads_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []
    monkeypatch.setattr(urllib.request, "urlopen", answer(urls))
    paths = [hub.fetch(Published_Weights.V1, cache=tmp_path / "cache") for _ in range(2)]
    assert [tmp_path / "cache" / f"tiny-{HASH}.pth"] * 2 == paths
    assert paths[0].read_bytes() == CONTENT
    assert [Published_Weights.V1.url] == urls


def test_keeps_nothing_of_a_download_with_another_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", answer([]))
    with pytest.raises(WeightsError, match=r"promises 00000000\.\.\.; nothing was kept; run this again"):
        hub.fetch(Tampered_Weights.V1, cache=tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_checks_a_file_that_somebody_put_into_the_cache(tmp_path: Path) -> None:
    path = tmp_path / f"tiny-{HASH}.pth"
    path.write_bytes(b"other weights")
    with pytest.raises(WeightsError, match=rf"tiny-{HASH}\.pth: SHA-256 .* promises {HASH}\.\.\.; delete it and run"):
        hub.fetch(Published_Weights.V1, cache=tmp_path)


def test_offline_says_which_file_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", offline)
    with pytest.raises(WeightsError) as caught:
        hub.fetch(ResNet18_Weights.IMAGENET1K_V1, cache=tmp_path)
    message = str(caught.value)
    assert "torchvision:ResNet18_Weights.IMAGENET1K_V1: cannot download" in message
    assert "https://download.pytorch.org/models/resnet18-f37072fd.pth (<urlopen error no network>)" in message
    assert f"put it at {tmp_path / 'resnet18-f37072fd.pth'}, under this name" in message
    assert "set source: file and file: data/weights/resnet18-f37072fd.pth in params.yaml" in message
    assert [] == list(tmp_path.iterdir())
