import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from stages import explain_classifier
from transfer import checkpoint
from transfer.errors import ParamsError

EMBEDDING = {"pictures": 100, "perplexity": 3.0, "seed": 0, "neighbours": 3}


def run(runtime, *, split="test", pictures=4, **changes):
    params = {"split": split, "batch_size": 5, "embedding": EMBEDDING | changes, "grad_cam": {"pictures": pictures}}
    explain_classifier.run(explain_classifier.ExplainClassifierParams.model_validate(params), runtime)


@pytest.fixture
def coarse_line(drawn_line):
    """Pictures of 96 pixels, so that the deepest map has 3 x 3 places."""
    folder = drawn_line / "data/augmented/classifier"
    for file in folder.glob("*.npy"):
        np.save(file, np.load(file).repeat(3, 1).repeat(3, 2))
    return drawn_line


def test_it_writes_embedding_and_grad_cam_with_the_same_bytes_again(coarse_line, runtime):
    folder = coarse_line / "reports/explanation"
    found = []
    for _ in range(2):
        run(runtime)
        found.append({file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())})
    table = pd.read_csv(folder / "embedding.csv")
    measured = json.loads((folder / "embedding.json").read_text())

    assert found[0] == found[1]
    assert list(found[0]) == ["embedding.csv", "embedding.json", "embedding.png", "grad_cam.png"]
    assert list(table) == ["image_id", "file", "class", "before_x", "before_y", "after_x", "after_y"]
    assert table["class"].tolist() == ["dark", "light"] * 6
    assert (measured["num_pictures"], measured["perplexity"], measured["seed"]) == (12, 3.0, 0)
    assert measured["before"].keys() == measured["after"].keys() == {"neighbour_accuracy", "silhouette"}
    with Image.open(folder / "grad_cam.png") as picture:
        assert picture.width > 1000


def test_no_more_pictures_are_laid_out_than_asked_for(coarse_line, runtime):
    run(runtime, split="val", pictures=1, perplexity=2.0)
    measured = json.loads((coarse_line / "reports/explanation/embedding.json").read_text())

    assert (measured["split"], measured["num_pictures"]) == ("val", 8)


def test_a_perplexity_too_large_leaves_nothing_behind(coarse_line, runtime):
    with pytest.raises(ParamsError, match="there are 12 pictures"):
        run(runtime, perplexity=30.0)
    assert not (coarse_line / "reports/explanation").exists()


def test_small_pictures_are_explained_by_a_shallower_map(drawn_line, runtime):
    assert checkpoint.load_facts(drawn_line / "models/classifier").image_size == 32
    run(runtime)

    assert (drawn_line / "reports/explanation/grad_cam.png").is_file()
