"""Pin what could differ between two runs (seed, threads, algorithms), choose device and precision, record both."""

import contextlib
import os
import platform
import random
from dataclasses import dataclass
from typing import Any, Literal

# Huge pages for tensors: fresh memory is what training on a CPU waits for most. Torch reads the variable
# at its first large allocation, so it has to stand before any tensor is made.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
# cuBLAS is deterministic only with a fixed workspace.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import numpy as np
import torch

from transfer.errors import ParamsError

DeviceName = Literal["auto", "cpu", "cuda"]
PrecisionName = Literal["auto", "fp32", "bf16", "fp16"]


@dataclass(frozen=True)
class Machine:
    """Where tensors live and in which precision layers compute."""

    device: torch.device
    precision: Literal["fp32", "bf16", "fp16"]
    threads: int

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Compute in bf16 or fp16 inside the block, if that is the precision; do nothing otherwise."""
        dtype = torch.float16 if self.precision == "fp16" else torch.bfloat16
        return torch.autocast(self.device.type, dtype=dtype, enabled=self.precision != "fp32")

    def facts(self) -> dict[str, str | int]:
        """What another machine could do differently, for the record in a checkpoint."""
        return {
            "device": str(self.device) if self.device.type == "cpu" else torch.cuda.get_device_name(self.device),
            "precision": self.precision,
            "threads": self.threads,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        }


def prepare(*, seed: int, threads: int, device: DeviceName, precision: PrecisionName) -> Machine:
    """Seed every generator, pin threads, ask torch for deterministic algorithms and choose the device.

    Raises:
        ParamsError: `device` is "cuda" and this machine has none.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Filling fresh memory with NaN finds reads of what was never written; in a training step it costs a tenth.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    chosen = _device(device)
    return Machine(chosen, _precision(precision, chosen), threads)


def _device(name: DeviceName) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        msg = "params.yaml: runtime.device is 'cuda', but torch finds no CUDA device here; use 'auto' or 'cpu'"
        raise ParamsError(msg)
    return torch.device(name)


def _precision(name: PrecisionName, device: torch.device) -> Literal["fp32", "bf16", "fp16"]:
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    # Without the instructions bf16 on a CPU is emulated, and slower than fp32.
    return "bf16" if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported() else "fp32"
