import json
from pathlib import Path

import pytest
import torch
from torch import nn

from transfer.training import trace


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))


def train(model: nn.Module, steps: int) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with trace.of(model) as write:
        for step in range(1, steps + 1):
            torch.manual_seed(step)
            optimizer.zero_grad()
            loss = model(torch.randn(5, 3)).square().mean()
            loss.backward()
            optimizer.step()
            write(1, step, float(loss.detach()))


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_nothing_is_written_unless_asked(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv(trace.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)

    train(network(), 2)

    assert [] == list(tmp_path.iterdir())


def test_a_step_is_told_from_the_input_to_the_weights(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(trace.VARIABLE, str(tmp_path / "deep" / "trace.jsonl"))

    train(network(), 2)

    first, second = lines(tmp_path / "deep" / "trace.jsonl")
    names = [name for name, _ in first["events"]]
    assert (1, 1, 1, 2) == (first["epoch"], first["step"], second["epoch"], second["step"])
    assert [
        "input",
        "layer 0 (Linear)",
        "layer 1 (BatchNorm1d)",
        "layer 2 (Linear)",
        "layer as a whole (Sequential)",
    ] == (names[:5])
    # The backward pass comes to the last layer first.
    assert {"gradient of 2.weight", "gradient of 2.bias"} == set(names[5:7])
    assert "weight 1.running_mean" in names
    assert names == [name for name, _ in second["events"]]


def test_tracing_changes_no_bit(tmp_path, monkeypatch) -> None:
    plain, traced = network(), network()
    train(plain, 3)
    monkeypatch.setenv(trace.VARIABLE, str(tmp_path / "trace.jsonl"))
    train(traced, 3)

    assert all(
        torch.equal(a, b) for a, b in zip(plain.state_dict().values(), traced.state_dict().values(), strict=True)
    )
    # Its hooks are gone.
    traced(torch.zeros(2, 3))
    assert 3 == len(lines(tmp_path / "trace.jsonl"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64, torch.bool])
def test_digests_tell_bits_apart(dtype: torch.dtype) -> None:
    tensor = torch.tensor([[0, 1], [1, 0]]).to(dtype)

    assert trace.digest(tensor) == trace.digest(tensor.clone())
    assert trace.digest(tensor) != trace.digest(tensor.flip(0))
    assert trace.digest(tensor) != trace.digest(tensor.flatten())
    assert trace.digest({"a": [tensor]}) == trace.digest(tensor)


def test_transposed_tensors_have_the_digest_of_their_values() -> None:
    tensor = torch.arange(6.0).reshape(2, 3)

    assert trace.digest(tensor) == trace.digest(tensor.t().contiguous().t())
