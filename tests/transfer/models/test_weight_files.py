import os
import zipfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from transfer.errors import WeightsError
from transfer.models import weight_files

STATE = {"conv.weight": torch.arange(6.0).reshape(2, 3), "conv.bias": torch.ones(2)}


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.trace),)


def write_safetensors(path: Path) -> Path:
    save_file(STATE, path)
    return path


def write_torch(path: Path, value: object, *, old: bool = False) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=not old)
    return path


def assert_state(read: weight_files.WeightFile) -> None:
    assert set(STATE) == set(read.tensors)
    assert all(torch.equal(tensor, read.tensors[name]) for name, tensor in STATE.items())


def test_reads_safetensors_whatever_the_file_is_called(tmp_path: Path) -> None:
    read = weight_files.read(write_safetensors(tmp_path / "weights.pth"))
    assert_state(read)
    assert () == read.notes


@pytest.mark.parametrize("old", [False, True])
def test_reads_a_state_dict(tmp_path: Path, *, old: bool) -> None:
    assert_state(weight_files.read(write_torch(tmp_path / "weights.pth", STATE, old=old)))


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict", "model"])
def test_takes_the_state_dict_out_of_a_training_checkpoint_and_says_so(tmp_path: Path, wrapper: str) -> None:
    read = weight_files.read(write_torch(tmp_path / "weights.pth", {"epoch": 3, "loss": 0.1, wrapper: STATE}))
    assert_state(read)
    assert (f"taken from its entry {wrapper!r} (beside it: epoch, loss)",) == read.notes


def test_takes_wrappers_and_prefixes_off_one_after_the_other(tmp_path: Path) -> None:
    renamed = {f"module._orig_mod.{name}": tensor for name, tensor in STATE.items()}
    read = weight_files.read(write_torch(tmp_path / "weights.pth", {"model": {"state_dict": renamed}}))
    assert_state(read)
    assert (
        "taken from its entry 'model' (beside it: nothing else)",
        "taken from its entry 'state_dict' (beside it: nothing else)",
        "taken off before every name: 'module.'",
        "taken off before every name: '_orig_mod.'",
    ) == read.notes


def test_a_prefix_of_only_some_names_stays(tmp_path: Path) -> None:
    mixed = {"module.weight": torch.ones(1), "weight": torch.zeros(1)}
    assert mixed.keys() == weight_files.read(write_torch(tmp_path / "weights.pth", mixed)).tensors.keys()


@pytest.mark.parametrize("old", [False, True])
def test_refuses_a_pickle_that_runs_code_without_running_it(tmp_path: Path, *, old: bool) -> None:
    path = write_torch(tmp_path / "weights.pth", {"state_dict": Evil(tmp_path / "ran")}, old=old)
    with pytest.raises(
        WeightsError, match=r"weights\.pth: refused: it wants to run posix\.mkdir.*without running any code"
    ):
        weight_files.read(path)
    assert not (tmp_path / "ran").exists()


def test_refuses_the_arguments_of_a_training_script(tmp_path: Path) -> None:
    path = write_torch(tmp_path / "weights.pth", {"model": STATE, "args": Namespace(epochs=3)})
    with pytest.raises(
        WeightsError, match=r"refused: it wants to run argparse\.Namespace.*save model\.state_dict\(\) alone"
    ):
        weight_files.read(path)


def test_refuses_a_whole_pickled_model(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="refused: it wants to run torch"):
        weight_files.read(write_torch(tmp_path / "weights.pth", nn.Linear(2, 2)))


def test_refuses_a_pickle_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"\x80\x02garbage here")
    with pytest.raises(WeightsError, match="refused: it holds more than names and tensors, or is damaged"):
        weight_files.read(path)


def test_says_that_safetensors_are_truncated(tmp_path: Path) -> None:
    path = write_safetensors(tmp_path / "weights.safetensors")
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(
        WeightsError, match=r"weights\.safetensors: a damaged or truncated safetensors file of \d+ bytes"
    ):
        weight_files.read(path)


@pytest.mark.parametrize(("old", "kept"), [(False, 400), (True, 60), (True, -10)])
def test_says_that_a_torch_file_is_truncated(tmp_path: Path, *, old: bool, kept: int) -> None:
    path = write_torch(tmp_path / "weights.pth", STATE, old=old)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=r"weights\.pth: [\d,]+ bytes that torch cannot read \(.+\); copy or save"):
        weight_files.read(path)


def test_says_that_a_zip_is_no_torch_file(tmp_path: Path) -> None:
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.txt", "hello")
    with pytest.raises(WeightsError, match=r"images\.zip: [\d,]+ bytes that torch cannot read"):
        weight_files.read(path)


def test_says_how_a_file_that_holds_no_weights_begins(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"<html>404 not found</html>")
    with pytest.raises(
        WeightsError, match=r"not a file of weights: it begins with b'<html>404'; expected safetensors or"
    ):
        weight_files.read(path)


def test_says_that_a_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "weights.pth").touch()
    with pytest.raises(WeightsError, match=r"weights\.pth: the file has zero bytes"):
        weight_files.read(tmp_path / "weights.pth")


def test_says_that_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"weights\.pth: not found; put the file of weights there"):
        weight_files.read(tmp_path / "weights.pth")


def test_says_what_a_folder_holds(tmp_path: Path) -> None:
    (tmp_path / "b.pth").touch()
    (tmp_path / "README.md").touch()
    with pytest.raises(WeightsError, match=r"a folder that holds README\.md, b\.pth; name one file of weights"):
        weight_files.read(tmp_path)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([1, 2], "list"),
        ({}, "0 entries"),
        ({"epoch": 3, "weight": torch.ones(1)}, "2 entries, among them 'epoch': int"),
        ({"optimizer": {"a": torch.ones(1)}}, "1 entries, among them 'optimizer': dict"),
    ],
)
def test_says_what_it_found_instead_of_a_state_dict(tmp_path: Path, value: object, found: str) -> None:
    with pytest.raises(WeightsError, match=f"not a state dict: expected names with tensors, found {found}"):
        weight_files.read(write_torch(tmp_path / "weights.pth", value))
