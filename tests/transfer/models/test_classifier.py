import pytest
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.errors import WeightsError
from transfer.models import classifier, zoo
from transfer.models.heads import HeadShape


def facts(**build):
    channels = build.get("channels", 3)
    return Facts(
        kind="classifier",
        architecture="mobilenet_v3_small",
        categories=("dent", "pit", "scratch"),
        image_size=64,
        mean=(0.5,) * channels,
        std=(0.25,) * channels,
        build=build,
    )


@pytest.mark.parametrize("build", [{}, {"head": HeadShape((128,), norm=True, dropout=0.2).facts(), "channels": 4}])
def test_a_classifier_is_built_as_its_facts_say(build):
    known = facts(**build)
    body = zoo.build("mobilenet_v3_small", classifier.head(known))
    classifier.stem.replace(body, known.channels)
    model = classifier.build_classifier(known, body.state_dict())

    assert model(torch.zeros(2, known.channels, 64, 64)).shape == (2, 3)
    assert isinstance(model.classifier, nn.Linear) == ("head" not in build)
    backbone = classifier.build_backbone(known, body.state_dict())
    assert backbone(torch.zeros(2, known.channels, 64, 64)).shape == (2, 576)


def test_weights_of_another_head_are_an_error():
    known = facts(head=HeadShape((128,)).facts())
    linear = zoo.build("mobilenet_v3_small", nn.Linear(576, 3)).state_dict()
    with pytest.raises(WeightsError, match="the weights do not fit mobilenet_v3_small with 3 categories"):
        classifier.build_classifier(known, linear)


def test_channels_without_their_mean_are_an_error():
    with pytest.raises(ValueError, match="one mean and one std for each of 4 channels, found 3 and 3"):
        Facts.model_validate({**facts().model_dump(), "build": {"channels": 4}})
