"""Run an exported file in onnxruntime, on the CPU provider and nowhere else."""

from pathlib import Path

import onnxruntime


def open_session(path: Path, *, threads: int) -> onnxruntime.InferenceSession:
    """Open a file. The provider is named, so that a missing one is an error and not a silent change."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
