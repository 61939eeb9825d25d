import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.evaluation import grad_cam, grad_cam_cases
from transfer.models import zoo
from transfer.models.inputs import normalise
from transfer.runtime import Machine

FACTS = Facts(
    kind="classifier", architecture="mobilenet_v3_small", categories=("a", "b", "c"), mean=(0.5,) * 3, std=(0.25,) * 3
)
ANSWERS = np.array([[0.7, 0.2, 0.1], [0.5, 0.1, 0.4], [0.1, 0.8, 0.1]], np.float32)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return zoo.build("mobilenet_v3_small", nn.Linear(576, 3)).eval()


def worst(network, labels):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    split = Split(pd.DataFrame({"label": labels}), pd.DataFrame(), (pixels,))
    return grad_cam_cases.worst(
        network, ANSWERS, split, FACTS, Machine(torch.device("cpu"), "fp32", 1), num_pictures=2
    ), pixels


def test_mistakes_are_shown_with_the_maps_of_answer_and_truth(network):
    (cases, title), pixels = worst(network, [1, 0, 2])
    images = normalise(torch.from_numpy(pixels[[2, 0]]), mean=FACTS.mean, std=FACTS.std)
    layers = grad_cam.body_layers(network, FACTS.architecture)
    answer, truth = (
        grad_cam.explain(network, images, torch.tensor(classes), layers=layers) for classes in ([1, 0], [2, 1])
    )

    assert title == f"Grad-CAM of the 2 worst of 2 wrong answers, read from {answer.layer} (4 x 4 places)"
    assert [case.caption for case in cases] == ["picture of\nc", "picture of\nb"]
    assert [case.first_caption for case in cases] == ["said, 80%:\nb", "said, 70%:\na"]
    assert [case.second_caption for case in cases] == ["truth, 10%:\nc", "truth, 20%:\nb"]
    for index, case in enumerate(cases):
        assert np.array_equal(case.picture, pixels[[2, 0][index]])
        assert np.allclose(case.first, answer.maps[index])
        assert np.allclose(case.second, truth.maps[index])


def test_without_a_mistake_the_least_certain_are_shown_with_the_next_class(network):
    (cases, title), _ = worst(network, [0, 0, 1])

    assert "the least certain right answers" in title
    assert [case.first_caption for case in cases] == ["said, 50%:\na", "said, 70%:\na"]
    assert [case.second_caption for case in cases] == ["next, 40%:\nc", "next, 20%:\nb"]


def test_of_more_channels_the_first_three_are_shown():
    torch.manual_seed(0)
    network = zoo.build("mobilenet_v3_small", nn.Linear(576, 3)).eval()
    network.features[0][0] = nn.Conv2d(4, 16, 3, 2, 1, bias=False)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 4), dtype=np.uint8)
    split = Split(pd.DataFrame({"label": [1, 0, 2]}), pd.DataFrame(), (pixels,))
    facts = FACTS.model_copy(update={"mean": (0.5,) * 4, "std": (0.25,) * 4})
    machine = Machine(torch.device("cpu"), "fp32", 1)
    cases, _ = grad_cam_cases.worst(network, ANSWERS, split, facts, machine, num_pictures=2)

    assert np.array_equal(cases[0].picture, pixels[2, :, :, :3])
