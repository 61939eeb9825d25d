import pytest
import torch
from torch import nn

from transfer.models import zoo
from transfer.models.architectures import ARCHITECTURES
from transfer.models.pyramid import frozen_norm_body, probe


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "efficientnet_b0", "convnext_tiny"])
@torch.no_grad()
def test_the_body_of_a_detector_answers_with_the_maps_of_its_architecture(name):
    model = zoo.build(name, nn.Identity()).eval()
    layers = zoo.pyramid(name)
    body = frozen_norm_body(name, layers, model.state_dict())
    maps = {}
    for level, layer in enumerate(layers):
        model.get_submodule(layer).register_forward_hook(
            lambda _, __, answer, level=level: maps.update({str(level): answer.clone()})
        )
    images = torch.randn(1, 3, 64, 64)
    model(images)

    torch.testing.assert_close(body(images), maps)
    assert probe(body)[1] == (4, 8, 16, 32)
    held = dict(body.named_modules())
    grouped = [p for group in ARCHITECTURES[name].groups for n in group if n in held for p in held[n].parameters()]
    assert sorted(map(id, grouped)) == sorted(map(id, body.parameters()))
