"""Try something on a model and leave no trace: weights, statistics, optimizer and random generators go back."""

import copy
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

Restore = Callable[[], None]


@contextmanager
def undisturbed(model: nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Put everything back, bit for bit, when the block ends, also when it raises.

    Back go parameters, buffers (BatchNorm's statistics among them), gradients, what is frozen and what is in training
    mode; the optimizer's state and settings; the generators of Python, NumPy, torch and every CUDA device.
    """
    restores = (_model(model), _optimizer(optimizer), _generators())
    try:
        yield
    finally:
        for restore in restores:
            restore()


def _model(model: nn.Module) -> Restore:
    tensors = [*model.parameters(), *model.buffers()]
    values = [tensor.detach().clone() for tensor in tensors]
    trained = [(p, p.requires_grad, None if p.grad is None else p.grad.detach().clone()) for p in model.parameters()]
    modes = [(module, module.training) for module in model.modules()]

    def restore() -> None:
        with torch.no_grad():
            for tensor, value in zip(tensors, values, strict=True):
                tensor.copy_(value)
        for parameter, requires_grad, grad in trained:
            parameter.requires_grad_(requires_grad)
            parameter.grad = grad
        for module, mode in modes:
            module.training = mode

    return restore


def _optimizer(optimizer: torch.optim.Optimizer) -> Restore:
    # Copied by hand: `load_state_dict` casts what it loads, and so need not give back the same bits.
    state = {parameter: copy.deepcopy(values) for parameter, values in optimizer.state.items()}
    settings = [_settings(group) for group in optimizer.param_groups]

    def restore() -> None:
        optimizer.state.clear()
        optimizer.state.update(state)
        for group, before in zip(optimizer.param_groups, settings, strict=True):
            parameters = group["params"]
            group.clear()
            group.update({"params": parameters, **before})

    return restore


def _settings(group: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy({key: value for key, value in group.items() if key != "params"})


def _generators() -> Restore:
    python, numpy, on_cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    on_cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []

    def restore() -> None:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(on_cpu)
        if on_cuda:
            torch.cuda.set_rng_state_all(on_cuda)

    return restore
