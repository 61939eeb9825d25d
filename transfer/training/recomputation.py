"""Gradient checkpointing: layers forget what they computed and compute it again in the backward pass."""

import contextlib
import functools
from collections.abc import Iterable, Iterator
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint


def recompute(modules: Iterable[nn.Module]) -> None:
    """Let the modules trade time for memory, in place; names of weights stay. Source: Chen et al. (2016)."""
    for module in modules:
        if not isinstance(module.forward, functools.partial):
            module.forward = functools.partial(_checkpointed, module, module.forward)


def _checkpointed(module: nn.Module, forward: Any, *inputs: Any) -> Any:
    contexts = functools.partial(_contexts, module)
    return checkpoint(forward, *inputs, use_reentrant=False, context_fn=contexts, determinism_check="none")


def _contexts(module: nn.Module) -> tuple[Any, Any]:
    return contextlib.nullcontext(), _still_statistics(module)


@contextlib.contextmanager
def _still_statistics(module: nn.Module) -> Iterator[None]:
    """Keep BatchNorm from counting the same batch twice."""
    norms = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum, norm.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        for norm, (momentum, count) in zip(norms, before, strict=True):
            norm.momentum, norm.num_batches_tracked = momentum, count
