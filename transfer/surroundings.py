"""Record what a run stood on and a revision does not hold: Python, packages, processor, GPU, variables for threads."""

import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

# Variables that change the bits of a result, and the one that this project reads; no others are kept.
VARIABLES = (
    "CUBLAS_WORKSPACE_CONFIG",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENCV_NUM_THREADS",
    "THP_MEM_ALLOC_ENABLE",
    "TRANSFERLINE_TRACE",
)
# Instructions by which numerical libraries choose their kernels, on x86 and on ARM.
FEATURES = {
    *("amx_bf16", "amx_tile", "avx", "avx2", "avx512_bf16", "avx512_vnni", "avx512f", "fma"),
    *("asimd", "asimddp", "bf16", "i8mm", "sve", "sve2"),
}
CPUINFO = Path("/proc/cpuinfo")
DRIVER = Path("/proc/driver/nvidia/version")
# This project itself, which git knows better, and what is loaded or not by the time zone that somebody works in.
NOT_RECORDED = {"transferline", "tzdata"}


def describe() -> dict[str, Any]:
    """Describe this process: the same process on the same machine always gives the same answer.

    `packages` are those whose modules the process has loaded, so call it at the end.
    """
    libc, version = platform.libc_ver()
    return {
        "python": platform.python_version(),
        "platform": {
            "system": platform.system(),
            "machine": platform.machine(),
            "libc": f"{libc} {version}".strip() or None,
        },
        "cpu": {"torch": _capability(), "features": features()},
        "gpu": _gpu(),
        "variables": {name: os.environ.get(name) for name in VARIABLES},
        "packages": packages(sys.modules),
    }


def packages(modules: Iterable[str]) -> dict[str, str]:
    """Return the versions of the installed distributions that `modules` come from, but for NOT_RECORDED."""
    wanted = {name.partition(".")[0] for name in modules}
    found = [d for d in metadata.distributions() if not wanted.isdisjoint(_top_levels(d))]
    # The first on the path is the one that Python imports.
    versions = {distribution.name: distribution.version for distribution in reversed(found)}
    return {name: versions[name] for name in sorted(versions) if name not in NOT_RECORDED}


def features(cpuinfo: Path = CPUINFO) -> list[str]:
    """Return those of FEATURES that the processor has; none where the system has no such file."""
    if not cpuinfo.is_file():
        return []
    lines = (line.partition(":") for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines())
    flags = next((value.split() for key, _, value in lines if key.strip() in {"flags", "Features"}), [])
    return sorted(FEATURES.intersection(flags))


def _top_levels(distribution: metadata.Distribution) -> Iterator[str]:
    # As importlib.metadata.packages_distributions, which takes six times as long: it makes a path of every file.
    listed = distribution.read_text("top_level.txt")
    if listed:
        yield from listed.split()
    else:
        for line in (distribution.read_text("RECORD") or "").splitlines():
            yield line.partition(",")[0].partition("/")[0].partition(".")[0]


def _capability() -> str | None:
    # A stage without torch must not load it for its record.
    torch: Any = sys.modules.get("torch")
    return torch.backends.cpu.get_cpu_capability() if torch else None


def _gpu() -> Mapping[str, str | None] | None:
    torch: Any = sys.modules.get("torch")
    if not torch or not torch.cuda.is_initialized():
        return None
    driver = DRIVER.read_text(encoding="utf-8").splitlines()[0] if DRIVER.is_file() else None
    return {
        "name": torch.cuda.get_device_name(),
        "driver": driver,
        "cuda": torch.version.cuda,
        "cudnn": str(torch.backends.cudnn.version()),
    }
