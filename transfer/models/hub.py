"""Torchvision's published weights: found by name, downloaded once, checked against the hash in their file name."""

import difflib
import hashlib
import re
import shutil
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import torch
from torchvision import models
from torchvision.models import WeightsEnum

from receiver.progress import say
from transfer import atomic
from transfer.errors import WeightsError

TIMEOUT_SECONDS = 30
# Published files end in the first digits of their own SHA-256: resnet18-f37072fd.pth.
HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.pth$")


def find(name: str) -> WeightsEnum:
    """Look weights up by torchvision's name, such as `ResNet18_Weights.IMAGENET1K_V1`.

    Raises:
        WeightsError: torchvision has none of this name; the message gives the closest.
    """
    known = {str(member): member for model in models.list_models() for member in models.get_model_weights(model)}
    if name in known:
        return known[name]
    closest = difflib.get_close_matches(name, known, n=3)
    hint = f"closest: {', '.join(closest)}" if closest else "a name looks like ResNet18_Weights.IMAGENET1K_V1"
    msg = f"torchvision has no weights named {name!r}; {hint}"
    raise WeightsError(msg)


def model_name(weights: WeightsEnum) -> str:
    """Return the name of the model that the weights are for, such as `resnet18`."""
    name: str = next(name for name in models.list_models() if weights in models.get_model_weights(name))
    return name


def fetch(weights: WeightsEnum, *, cache: Path | None = None) -> Path:
    """Return the path of the weights' file, downloaded into torch's cache folder unless it is there already.

    Raises:
        WeightsError: it cannot be downloaded (the message says which file to put where), or it has another hash.
    """
    url = str(weights.url)
    path = (cache or Path(torch.hub.get_dir()) / "checkpoints") / Path(urlsplit(url).path).name
    if path.exists():
        _check(path, url, advice="delete it and run this again")
        return path
    say(f"downloading {url}")
    with atomic.replacing(path) as beside:
        _download(weights, beside, path)
        _check(beside, url, advice="nothing was kept; run this again")
    return path


def _download(weights: WeightsEnum, beside: Path, path: Path) -> None:
    try:
        with urllib.request.urlopen(weights.url, timeout=TIMEOUT_SECONDS) as response, beside.open("wb") as file:
            shutil.copyfileobj(response, file)
    except OSError as error:
        msg = (
            f"torchvision:{weights}: cannot download {weights.url} ({error}). Fetch that file where there is a network "
            f"and put it at {path}, under this name; or put it at data/weights/{path.name} and set source: file "
            f"and file: data/weights/{path.name} in params.yaml"
        )
        raise WeightsError(msg) from error


def _check(file: Path, url: str, *, advice: str) -> None:
    """Compare with the published hash; torchvision's few files without one in their name pass."""
    published = HASH_IN_NAME.search(url)
    if published is None:
        return
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if not found.startswith(published[1]):
        msg = f"{file}: SHA-256 {found}, but {url} promises {published[1]}...; {advice}"
        raise WeightsError(msg)
