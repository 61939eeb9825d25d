"""Models of timm by name, where that library is installed: the optional extra `timm`."""

import difflib
import functools
import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from transfer.errors import WeightsError
from transfer.models.architectures import Architecture, Sizes


@functools.cache
def architecture(name: str) -> Architecture:
    """Describe timm's model `name`, such as `resnet26d`, in the words of this project.

    Layer groups are timm's own, by its coarse group matcher; whatever of the head's group is not replaced joins the
    deepest group of the body.

    Raises:
        WeightsError: timm is not installed or has no such model, or its head is not one linear layer.
    """
    timm = library()
    _require_known(name)
    with torch.device("meta"):
        model = timm.create_model(name, pretrained=False)
    facts = model.pretrained_cfg
    head = facts["classifier"]
    if not isinstance(head, str) or not isinstance(model.get_submodule(head), nn.Linear):
        msg = f"timm:{name}: its head is {head!r}, expected the name of one linear layer; take another model"
        raise WeightsError(msg)
    # Not model.num_features: some models have a layer between those and the head.
    num_features = model.get_submodule(head).in_features
    sizes = Sizes(native=facts["input_size"][-1], fixed=True) if facts.get("fixed_input_size") else Sizes()
    build = functools.partial(_build, name)
    return Architecture(build, head, num_features, _groups(model, head), sizes=sizes)


@dataclass(frozen=True)
class Pretrained:
    """Published weights of a timm model; `mean` and `std` are of RGB values scaled to 0..1."""

    tensors: dict[str, torch.Tensor]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    origin: dict[str, Any]


def pretrained(name: str) -> Pretrained:
    """Fetch the weights that timm publishes as `name`, such as `resnet26d.bt_in1k`; without a tag its default ones.

    Raises:
        WeightsError: timm has no such weights, or they cannot be fetched; the message says which file to put where.
    """
    timm = library()
    _require_known(model_name(name))
    published = timm.list_pretrained(f"{model_name(name)}.*")
    if not published or (name not in published and name != model_name(name)):
        msg = f"timm has no weights {name!r}; of {model_name(name)} it has: {', '.join(published) or 'none'}"
        raise WeightsError(msg)
    facts = timm.get_pretrained_cfg(name)
    try:
        model = timm.create_model(name, pretrained=True)
    except (OSError, RuntimeError, ValueError) as error:
        msg = (
            f"timm:{name}: cannot fetch its weights ({error}). Fetch model.safetensors of {facts.hf_hub_id} from "
            f"huggingface.co where there is a network, put it at data/weights/{name}.safetensors, and set in "
            f"params.yaml source: file, file: data/weights/{name}.safetensors, mean: {list(facts.mean)} and "
            f"std: {list(facts.std)}"
        )
        raise WeightsError(msg) from error
    used = model.pretrained_cfg
    origin = {"hub": used["hf_hub_id"], "tag": used["tag"], "timm": timm.__version__}
    return Pretrained(model.state_dict(), tuple(used["mean"]), tuple(used["std"]), origin)


def model_name(name: str) -> str:
    """Return the model's name without the tag of its weights."""
    return name.partition(".")[0]


def library() -> Any:
    """Import timm.

    Raises:
        WeightsError: it is not installed.
    """
    try:
        return importlib.import_module("timm")
    except ImportError as error:
        msg = f"models called timm:<model> need timm ({error}); install it: pip install 'transferline[timm]'"
        raise WeightsError(msg) from error


def _build(name: str, *, weights: None = None) -> nn.Module:
    model: nn.Module = library().create_model(name, pretrained=False)
    return model


def _require_known(name: str) -> None:
    known = library().list_models()
    if name in known:
        return
    closest = ", ".join(f"timm:{close}" for close in difflib.get_close_matches(name, known, n=3))
    hint = f"closest: {closest}" if closest else f"it has {len(known):,}; timm.list_models() prints them"
    msg = f"timm has no model {name!r}; {hint}"
    raise WeightsError(msg)


def _groups(model: nn.Module, head: str) -> tuple[tuple[str, ...], ...]:
    matched = importlib.import_module("timm.models").group_parameters(model, model.group_matcher(coarse=True))  # type: ignore[operator]
    replaced = {f"{head}.{name}" for name, _ in model.get_submodule(head).named_parameters()}
    groups = [[name for name in matched[depth] if name not in replaced] for depth in sorted(matched)]
    *shallow, above, deepest = groups if replaced & set(matched[max(matched)]) else [*groups, []]
    return tuple(_members(model, names) for names in (*shallow, [*above, *deepest]) if names)


def _members(model: nn.Module, parameters: Iterable[str]) -> tuple[str, ...]:
    """Name the largest modules that hold nothing but these parameters, and parameters that no such module holds."""
    wanted = set(parameters)
    members: list[str] = []
    for name, module in model.named_modules():
        held = {f"{name}.{inner}" for inner, _ in module.named_parameters()}
        if held and held <= wanted and not any(name.startswith(f"{member}.") for member in members):
            members.append(name)
    inside = tuple(f"{member}." for member in members)
    return (*members, *sorted(name for name in wanted if not name.startswith(inside)))
