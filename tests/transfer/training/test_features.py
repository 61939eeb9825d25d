import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.views import shards
from transfer.models import classifier, zoo
from transfer.models.inputs import normalise
from transfer.runtime import Machine
from transfer.training import features

MACHINE = Machine(torch.device("cpu"), "fp32", 1)
FACTS = Facts(
    kind="backbone", architecture="mobilenet_v3_small", image_size=32, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)
)


@pytest.fixture
def tensors():
    """Weights whose BatchNorm has seen something."""
    torch.manual_seed(0)
    body = zoo.build(FACTS.architecture, nn.Identity())
    body.train()
    with torch.no_grad():
        body(torch.randn(8, 3, 32, 32))
    return body.state_dict()


@pytest.fixture
def split():
    generator = np.random.default_rng(0)
    rows = pd.DataFrame({"row": range(7), "label": [0, 1, 2, 0, 1, 2, 0]})
    return shards.Split(rows, pd.DataFrame(), (generator.integers(0, 255, (7, 32, 32, 3), dtype=np.uint8),))


def test_features_are_the_bodys_answers_whatever_the_batch(tensors, split):
    body = classifier.build_backbone(FACTS, tensors)
    pixels = torch.from_numpy(split.shards[0])
    with torch.no_grad():
        expected = torch.cat([body(normalise(one[None], mean=FACTS.mean, std=FACTS.std)) for one in pixels])

    for batch_size in (1, 3, 7):
        model = classifier.build_backbone(FACTS, tensors)
        found, labels = features.extract(model, split, FACTS, MACHINE, batch_size=batch_size)
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
        assert labels.tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_an_epoch_shows_every_feature_once_and_the_same_ones_again(tensors, split):
    both = features.extract(classifier.build_backbone(FACTS, tensors), split, FACTS, MACHINE, batch_size=7)
    task = features.FeatureTask(both, both, batch_size=3, seed=0)

    seen = torch.cat([batch[0] for batch in task.batches(0)])
    again = torch.cat([batch[0] for batch in task.batches(0)])
    torch.testing.assert_close(seen, again, rtol=0, atol=0)
    torch.testing.assert_close(seen.sum(0), both[0].sum(0))
    assert task.num_batches() == len(list(task.batches(0)))
