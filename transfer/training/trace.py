"""Write down, when the environment asks for it, what each training step computed: to find where two runs part.

TRANSFERLINE_TRACE names the file. It gets a line of JSON for each step: digests of what went into the model, of what
each layer gave, of the loss, of each gradient in the order of the backward pass, and of each weight after the step. It
changes no result. `transferline determinism` compares such files.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

VARIABLE = "TRANSFERLINE_TRACE"

# Given the epoch, the step in it, and the loss.
Write = Callable[[int, int, float], None]


@contextmanager
def of(model: nn.Module) -> Iterator[Write]:
    """Yield what is to be called after each step; it does nothing unless the environment names a file."""
    path = os.environ.get(VARIABLE)
    if not path:
        yield lambda epoch, step, loss: None
        return
    events: list[tuple[str, str]] = []
    handles = list(_hooks(model, events))

    def write(epoch: int, step: int, loss: float) -> None:
        weights = [(f"weight {name}", digest(tensor)) for name, tensor in model.state_dict().items()]
        line = {"epoch": epoch, "step": step, "loss": loss, "events": [*events, *weights]}
        events.clear()
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield write
    finally:
        for handle in handles:
            handle.remove()


def digest(value: Any) -> str:
    """Return a digest of all tensors in a value, however they are nested."""
    found = hashlib.blake2b(digest_size=8)
    for tensor in _tensors(value):
        found.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
        flat = tensor.detach().cpu().contiguous().flatten()
        found.update(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    return found.hexdigest()


def _hooks(model: nn.Module, events: list[tuple[str, str]]) -> Iterator[Any]:
    yield model.register_forward_pre_hook(
        lambda module, inputs, named: events.append(("input", digest([inputs, named]))), with_kwargs=True
    )
    for name, module in model.named_modules():
        yield module.register_forward_hook(
            _on_output(f"layer {name or 'as a whole'} ({type(module).__name__})", events)
        )
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            note = _on_gradient(f"gradient of {name}", events)
            yield parameter.register_post_accumulate_grad_hook(note)  # type: ignore[no-untyped-call]


def _on_output(name: str, events: list[tuple[str, str]]) -> Callable[[nn.Module, Any, Any], None]:
    def note(module: nn.Module, inputs: Any, output: Any) -> None:
        events.append((name, digest(output)))

    return note


def _on_gradient(name: str, events: list[tuple[str, str]]) -> Callable[[torch.Tensor], None]:
    def note(parameter: torch.Tensor) -> None:
        events.append((name, digest(parameter.grad)))

    return note


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif hasattr(value, "tensors"):
        # torchvision's list of images.
        yield from _tensors(value.tensors)
