import pytest
import torch
from torch import nn
from torchvision.models.swin_transformer import SwinTransformer
from torchvision.models.vision_transformer import VisionTransformer

from transfer.errors import WeightsError
from transfer.evaluation import grad_cam
from transfer.models import freezing, zoo


class Quadrants(nn.Module):
    """Channel q of the answer is the brightness of quadrant q, and 0 elsewhere."""

    def forward(self, images):
        masks = torch.zeros(4, *images.shape[2:])
        half = images.shape[2] // 2
        for quadrant in range(4):
            row, column = divmod(quadrant, 2)
            masks[quadrant, row * half : (row + 1) * half, column * half : (column + 1) * half] = 1
        return images.mean(1, keepdim=True) * masks


def quadrant_network():
    head = nn.Linear(4, 4, bias=False)
    head.weight.data = torch.eye(4)
    return nn.Sequential(Quadrants(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head).eval()


def explain(network, images, classes, *names):
    layers = {name: network.get_submodule(name) for name in names}
    return grad_cam.explain(network, images, torch.tensor(classes), layers=layers)


def test_the_map_lights_the_quadrant_that_the_class_depends_on():
    found = explain(quadrant_network(), torch.ones(4, 3, 8, 8), [0, 1, 2, 3], "0")
    corners = found.maps.unfold(1, 4, 4).unfold(2, 4, 4).mean((3, 4)).flatten(1)

    assert found.layer == "0"
    assert torch.equal(corners > 0, torch.eye(4, dtype=torch.bool))


def conv_network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3, padding=1), nn.Tanh(), nn.Conv2d(6, 5, 3, stride=2), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(20, 8), nn.Tanh(), nn.Linear(8, 3))


def test_weights_equal_finite_differences_of_the_pooled_gradient():
    network = conv_network().double().eval()
    images = torch.randn(2, 3, 11, 11, dtype=torch.float64)
    classes = [2, 0]
    # The second layer's map feeds a ReLU that works in place.
    found = explain(network, images, classes, "0", "2")
    epsilon, places = 1e-6, 25

    def logits(channel, change):
        def shift(_module, _inputs, output):
            moved = output.clone()
            moved[:, channel] += change
            return moved

        handle = network[2].register_forward_hook(shift)
        answers = network(images)[range(2), classes]
        handle.remove()
        return answers

    for channel in range(5):
        slope = (logits(channel, epsilon) - logits(channel, -epsilon)) / (2 * epsilon * places)
        assert found.weights[:, channel].tolist() == pytest.approx(slope.tolist(), abs=1e-7)


def test_the_map_is_the_positive_part_of_the_weighted_sum():
    network = conv_network().eval()
    images = torch.randn(2, 3, 11, 11)
    found = explain(network, images, [1, 1], "2")
    channels = network[:3](images)

    for image in range(2):
        by_hand = sum(found.weights[image, k] * channels[image, k] for k in range(5)).clamp(min=0)
        assert torch.allclose(found.maps[image], by_hand, atol=1e-6)


def test_images_of_a_batch_are_explained_each_for_itself():
    network, images = conv_network().eval(), torch.randn(3, 3, 11, 11)
    together = explain(network, images, [0, 1, 2], "2").maps
    alone = [explain(network, images[i : i + 1], [i], "2").maps[0] for i in range(3)]

    assert torch.allclose(together, torch.stack(alone), atol=1e-6)


def test_frozen_networks_are_explained_and_left_alone():
    network = conv_network().eval().requires_grad_(False)
    images = torch.randn(1, 3, 11, 11)
    before = network(images)
    explain(network, images, [0], "2")

    assert torch.equal(before, network(images))
    assert all(not p.requires_grad and p.grad is None for p in network.parameters())
    assert not images.requires_grad
    assert not network[2]._forward_hooks


def test_a_map_too_small_is_passed_over_for_a_shallower_one():
    network = nn.Sequential(conv_network()[:4], nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(20, 3)).eval()

    assert explain(network, torch.randn(1, 3, 11, 11), [0], "0", "1").layer == "0"


def test_tokens_are_folded_to_their_grid_without_the_class_token():
    tokens = torch.arange(1 + 9).float().reshape(1, 10, 1)

    assert grad_cam.spatial(tokens).tolist() == [[[[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]]]
    assert grad_cam.spatial(tokens[:, 1:]).tolist() == grad_cam.spatial(tokens).tolist()
    assert grad_cam.spatial(torch.zeros(1, 12, 1)) is None


def test_channels_may_come_last():
    last = torch.randn(2, 4, 4, 7)

    assert torch.equal(grad_cam.spatial(last), last.permute(0, 3, 1, 2))
    assert torch.equal(grad_cam.spatial(last.permute(0, 3, 1, 2)), last.permute(0, 3, 1, 2))


def test_a_vision_transformer_is_read_where_the_class_token_still_looks_at_the_others():
    torch.manual_seed(0)
    network = VisionTransformer(32, 8, num_layers=3, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=2).eval()
    nn.init.normal_(network.heads.head.weight)
    names = ["conv_proj", *(f"encoder.layers.encoder_layer_{i}" for i in range(3)), "encoder.ln"]
    found = explain(network, torch.randn(2, 3, 32, 32), [0, 1], *names)

    # Behind the last layer's attention the head reads the class token alone.
    assert found.layer == "encoder.layers.encoder_layer_1"
    assert found.maps.shape == (2, 4, 4)
    assert found.maps.any()


def test_a_swin_transformer_is_read_with_channels_last():
    torch.manual_seed(0)
    network = SwinTransformer([4, 4], 8, [2, 2], [2, 2], [4, 4], num_classes=2).eval()
    found = explain(network, torch.randn(2, 3, 32, 32), [0, 1], "features.1", "features.3", "norm")

    assert found.layer == "norm"
    assert found.weights.shape == (2, 16)
    assert found.maps.shape == (2, 4, 4)


def test_a_network_without_a_map_is_refused_in_a_sentence():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Linear(5, 2)).eval()

    with pytest.raises(WeightsError, match=r"at least 3 x 3 places; found none at 2 pixels: 1 \[1, 5\]\. Take larger"):
        explain(network, torch.randn(1, 3, 2, 2), [0], "1")


@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v3_small"])
def test_layers_of_the_zoo_are_its_body_groups(architecture):
    network = zoo.build(architecture, nn.Linear(zoo.find(architecture).num_features, 2)).eval()
    layers = grad_cam.body_layers(network, architecture)
    groups = freezing.layer_groups(network, architecture)[:-1]
    found = grad_cam.explain(network, torch.randn(1, 3, 96, 96), torch.tensor([1]), layers=layers)

    assert list(layers.values()) == [module for group in groups for module in group]
    assert found.layer == list(layers)[-1]
    assert found.maps.shape == (1, 3, 3)
