import pytest
import torch
from torch import nn

from transfer.errors import WeightsError
from transfer.models import heads
from transfer.models.heads import HeadShape

SHAPES = [
    HeadShape(),
    HeadShape(dropout=0.5),
    *[HeadShape((width,), dropout=dropout) for width in (128, 256, 512) for dropout in (0.0, 0.2)],
    HeadShape((512, 256), norm=True, dropout=0.3),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_head_answers_with_one_logit_per_class_and_comes_back_from_its_facts(shape):
    head = heads.build(16, 3, heads.from_facts(shape.facts()))

    assert head(torch.zeros(4, 16)).shape == (4, 3)
    widths = [layer.out_features for layer in head.modules() if isinstance(layer, nn.Linear)]
    assert widths == [*shape.hidden, 3]
    assert sum(isinstance(layer, nn.BatchNorm1d) for layer in head.modules()) == len(shape.hidden) * shape.norm
    assert {layer.p for layer in head.modules() if isinstance(layer, nn.Dropout)} == {shape.dropout} - {0.0}


def test_a_head_without_hidden_layers_is_a_plain_linear_layer():
    assert type(heads.build(16, 3, heads.from_facts(None))) is nn.Linear


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (HeadShape((128, 0)), r"hidden widths are 1 or more, found \[128, 0\]"),
        (HeadShape(dropout=1.0), r"dropout is a share from 0 to below 1, found 1\.0"),
        (HeadShape(norm=True), "hidden is empty; give hidden widths or set norm to false"),
    ],
)
def test_a_shape_that_makes_no_sense_is_an_error(shape, message):
    with pytest.raises(WeightsError, match=message):
        heads.build(16, 3, shape)


def test_facts_without_a_shape_are_an_error():
    with pytest.raises(WeightsError, match=r"build\.head needs hidden, norm and dropout, found \{'hidden': \[3\]\}"):
        heads.from_facts({"hidden": [3]})
