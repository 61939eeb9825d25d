from pathlib import Path

import numpy as np
import pytest

from receiver.standalone import predict
from transfer.handoff import golden


def test_images_are_chosen_of_each_kind_in_turn() -> None:
    kinds = {5: "b", 1: "a", 2: "a", 3: "a", 9: "c"}

    assert [1, 5, 9, 2] == golden.choose(kinds, count=4)
    assert [1, 5, 9, 2, 3] == golden.choose(kinds, count=100)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_what_is_stored_decodes_to_the_same_pixels(tmp_path: Path, channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20, channels), dtype=np.uint8)

    entries = golden.write_inputs(tmp_path, [(7, pixels), (8, pixels)])

    variants = ["image", *(["gray"] if channels == 3 else []), "tall", "wide", "image"]
    assert variants == [entry["kind"] for entry in entries]
    spec = {"channels": channels}
    for entry in entries:
        found = predict.decode((tmp_path / entry["file"]).read_bytes(), spec)
        if entry["kind"] == "image":
            np.testing.assert_array_equal(found, pixels)
        if entry["kind"] == "gray":
            np.testing.assert_array_equal(found, np.repeat(pixels[:, :, 1:2], 3, axis=2))
        assert entry["kind"] != "tall" or found.shape == (12, 6, channels)
        assert entry["kind"] != "wide" or found.shape == (6, 20, channels)


def test_large_images_are_stored_small(tmp_path: Path) -> None:
    pixels = np.zeros((1200, 600, 3), np.uint8)

    (entry, *_) = golden.write_inputs(tmp_path, [(0, pixels)])

    assert (300, 150, 3) == predict.decode((tmp_path / entry["file"]).read_bytes(), {"channels": 3}).shape
