"""What to do when a batch does not fit in memory."""

import torch

# What torch says on a CPU, where running out of memory has no exception of its own.
CPU_WORDS = ("can't allocate memory", "not enough memory")


def is_exhausted(error: BaseException) -> bool:
    """Tell running out of memory from every other failure."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in CPU_WORDS)


def release() -> None:
    """Hand cached memory of a failed step back."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
