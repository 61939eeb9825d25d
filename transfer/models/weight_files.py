"""Read a file of weights that somebody gives: safetensors or a torch state dict, and never code."""

import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from transfer.errors import WeightsError

# Where training scripts put the state dict when they save more than that, in the order they are looked for.
WRAPPERS = ("state_dict", "model_state_dict", "model")
# What DataParallel, torch.compile and Lightning put before every name.
PREFIXES = ("module.", "_orig_mod.", "model.")
ZIP_MAGIC = b"PK\x03\x04"
PICKLE_MAGIC = b"\x80"
# How torch names the function or class that a pickle would call.
CODE_NAMED = re.compile(r"GLOBAL:? (\S+)")


@dataclass(frozen=True)
class WeightFile:
    """`notes` says what was taken off to get at the tensors; empty for a plain state dict."""

    tensors: dict[str, torch.Tensor]
    notes: tuple[str, ...]


def read(path: Path) -> WeightFile:
    """Read tensors by name. The content decides about the format, not the file's name.

    Raises:
        WeightsError: the file is missing, damaged, no file of weights, or needs to run code to be read.
    """
    tensors, notes = _unwrapped(path, _content(path))
    return _without_prefixes(tensors, notes)


def _content(path: Path) -> Any:
    start = _start(path)
    if start[8:9] == b"{":
        return _safetensors(path)
    if start.startswith((ZIP_MAGIC, PICKLE_MAGIC)):
        return _torch(path)
    msg = f"{path}: not a file of weights: it begins with {start!r}; expected safetensors or what torch.save writes"
    raise WeightsError(msg)


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except FileNotFoundError as error:
        msg = f"{path}: not found; put the file of weights there, or name another one in params.yaml"
        raise WeightsError(msg) from error
    except IsADirectoryError as error:
        held = ", ".join(sorted(entry.name for entry in path.iterdir())) or "nothing"
        msg = f"{path}: a folder that holds {held}; name one file of weights, or a checkpoint folder of this project"
        raise WeightsError(msg) from error
    if not start:
        msg = f"{path}: the file has zero bytes; copy it again"
        raise WeightsError(msg)
    return start


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        msg = (
            f"{path}: a damaged or truncated safetensors file of {path.stat().st_size:,} bytes ({error}); copy it again"
        )
        raise WeightsError(msg) from error


def _torch(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        code = CODE_NAMED.search(str(error))
        reason = f"it wants to run {code[1]}" if code else "it holds more than names and tensors, or is damaged"
        msg = (
            f"{path}: refused: {reason}, and weights are read without running any code. Where you trust the file, "
            "load it with torch.load(path, weights_only=False), and save model.state_dict() alone"
        )
        raise WeightsError(msg) from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = str(error).partition(". ")[0] or "it ends early"
        msg = f"{path}: {path.stat().st_size:,} bytes that torch cannot read ({reason}); copy or save the file again"
        raise WeightsError(msg) from error


def _unwrapped(path: Path, content: Any) -> tuple[dict[str, torch.Tensor], tuple[str, ...]]:
    if isinstance(content, Mapping):
        wrapper = next((key for key in WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if wrapper is not None:
            beside = ", ".join(sorted(str(key) for key in content if key != wrapper)) or "nothing else"
            tensors, notes = _unwrapped(path, content[wrapper])
            return tensors, (f"taken from its entry {wrapper!r} (beside it: {beside})", *notes)
        if content and all(isinstance(name, str) and torch.is_tensor(value) for name, value in content.items()):
            return dict(content), ()
    found = _description(content)
    msg = f"{path}: not a state dict: expected names with tensors, found {found}; save model.state_dict() alone"
    raise WeightsError(msg)


def _description(content: Any) -> str:
    if not isinstance(content, Mapping):
        return type(content).__name__
    entries = [f"{key!r}: {type(value).__name__}" for key, value in content.items() if not torch.is_tensor(value)]
    return f"{len(content)} entries" + (f", among them {', '.join(entries[:10])}" if entries else "")


def _without_prefixes(tensors: dict[str, torch.Tensor], notes: tuple[str, ...]) -> WeightFile:
    prefix = next((p for p in PREFIXES if all(name.startswith(p) for name in tensors)), None)
    if prefix is None:
        return WeightFile(tensors, notes)
    shorter = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return _without_prefixes(shorter, (*notes, f"taken off before every name: {prefix!r}"))
