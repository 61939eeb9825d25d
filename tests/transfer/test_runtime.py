import pytest
import torch

from transfer import runtime
from transfer.errors import ParamsError


def test_the_same_seed_draws_the_same_numbers():
    runtime.prepare(seed=7, threads=1, device="cpu", precision="fp32")
    first = torch.randn(5)
    runtime.prepare(seed=7, threads=1, device="cpu", precision="fp32")

    assert torch.equal(first, torch.randn(5))


def test_threads_and_algorithms_are_pinned_and_recorded():
    machine = runtime.prepare(seed=0, threads=1, device="cpu", precision="bf16")

    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert machine.facts() | {"precision": "bf16", "threads": 1, "device": "cpu"} == machine.facts()


def test_autocast_follows_the_precision():
    weights = torch.randn(4, 4)
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)):
        with runtime.prepare(seed=0, threads=1, device="cpu", precision=precision).autocast():
            assert (weights @ weights).dtype == dtype


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_cuda_without_a_device_is_refused():
    with pytest.raises(ParamsError, match=r"runtime\.device is 'cuda', but torch finds no CUDA device here"):
        runtime.prepare(seed=0, threads=1, device="cuda", precision="auto")
