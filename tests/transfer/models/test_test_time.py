import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.errors import ParamsError
from transfer.models import prediction, test_time
from transfer.models.classifier_program import ClassifierProgram
from transfer.runtime import Machine

NUM_VIEWS = {"none": 1, "flip": 2, "flips": 4, "dihedral": 8}
FACTS = Facts(
    kind="classifier", architecture="tiny", categories=("a", "b", "c"), image_size=6, mean=(0.5,) * 3, std=(0.25,) * 3
)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 6 * 6, 8), nn.Tanh(), nn.Linear(8, 3)).eval()


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (5, 6, 6, 3), dtype=np.uint8)


def slowly(network, pictures, views):
    """Augment with NumPy, predict one by one, average."""
    changes = {
        "none": [lambda p: p],
        "flip": [lambda p: p, np.fliplr],
        "flips": [lambda p: p, np.fliplr, np.flipud, lambda p: np.fliplr(np.flipud(p))],
        "dihedral": [
            *(lambda p, turns=turns: np.rot90(p, turns) for turns in range(4)),
            *(lambda p, turns=turns: np.rot90(np.fliplr(p), turns) for turns in range(4)),
        ],
    }[views]
    answers = []
    for picture in pictures:
        changed = [(change(picture).transpose(2, 0, 1)[None] / 255 - 0.5) / 0.25 for change in changes]
        each = [network(torch.tensor(c.copy(), dtype=torch.float32)).softmax(1) for c in changed]
        answers.append(torch.stack(each).mean(0))
    return torch.cat(answers).detach().numpy()


@pytest.mark.parametrize("views", NUM_VIEWS)
def test_prediction_equals_the_slow_way(network, pictures, views):
    rows = pd.DataFrame({"row": range(5)})
    split = Split(rows, pd.DataFrame(), (pictures,))
    machine = Machine(torch.device("cpu"), "fp32", 1)
    found = prediction.probabilities(network, split, FACTS, machine, batch_size=4, views=views)

    assert found == pytest.approx(slowly(network, pictures, views), abs=1e-6)
    assert found.sum(1) == pytest.approx(np.ones(5), abs=1e-6)


@pytest.mark.parametrize("views", NUM_VIEWS)
def test_the_program_equals_the_slow_way(network, pictures, views):
    program = ClassifierProgram(network, FACTS, views=views)

    with torch.no_grad():
        assert program(torch.from_numpy(pictures)).numpy() == pytest.approx(slowly(network, pictures, views), abs=1e-6)


@pytest.mark.parametrize("views", NUM_VIEWS)
def test_views_are_different_and_have_the_same_pixels(views):
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    seen = {tuple(test_time.view(image, each).flatten().tolist()) for each in test_time.VIEWS[views]}

    assert len(seen) == NUM_VIEWS[views]
    assert all(sorted(pixels) == image.flatten().tolist() for pixels in seen)
    assert tuple(image.flatten().tolist()) in seen


def test_unknown_views_are_named_with_the_closest(network):
    with pytest.raises(ParamsError, match=r"'dihedrl'; did you mean 'dihedral'\? Known are: none, flip, flips, dihedr"):
        ClassifierProgram(network, FACTS, views="dihedrl")
