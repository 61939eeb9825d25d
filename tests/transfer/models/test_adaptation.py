import pytest
import torch
from torch import nn

from transfer import checkpoint
from transfer.checkpoint import Facts
from transfer.errors import ParamsError
from transfer.models import adaptation, weights, zoo

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def facts(architecture, **changes):
    return Facts(kind="backbone", architecture=architecture, mean=MEAN, std=STD, **changes)


def positions(side):
    """Draw the positions of a ViT whose value is the row and the column of the patch, and -1 for the class token."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    grid = torch.stack([rows, columns], dim=-1).reshape(1, side * side, 2).float()
    return {"encoder.pos_embedding": torch.cat([torch.full((1, 1, 2), -1.0), grid], dim=1)}


def test_positions_are_interpolated_between_those_of_the_corners():
    found = adaptation.resized(positions(14), "vit_b_16", 96)["encoder.pos_embedding"]
    assert found.shape == (1, 37, 2)
    assert found[0, 0].tolist() == [-1, -1]
    expected = torch.linspace(0, 13, 6)
    # torch's cubic is not quite linear on a linear grid.
    rows, columns = found[0, 1:].reshape(6, 6, 2).unbind(-1)
    torch.testing.assert_close(rows, expected[:, None].expand(6, 6), atol=0.1, rtol=0)
    torch.testing.assert_close(columns, expected[None, :].expand(6, 6), atol=0.1, rtol=0)


def test_positions_of_the_same_size_and_bodies_without_positions_stay_as_they_are():
    same = positions(14)
    assert adaptation.resized(same, "vit_b_16", None)["encoder.pos_embedding"] is same["encoder.pos_embedding"]
    tensors = {"conv1.weight": torch.zeros(1)}
    assert adaptation.resized(tensors, "resnet18", 96) == tensors


def test_a_body_fits_channels_and_size_of_the_pictures():
    with torch.device("meta"):
        tensors = zoo.build("vit_b_16", nn.Identity()).state_dict()
    found, body = adaptation.adapt(facts("vit_b_16"), tensors, image_size=64, channels=4)
    assert (found.image_size, found.channels, len(found.mean)) == (64, 4, 4)
    assert body["encoder.pos_embedding"].shape == (1, 17, 768)
    assert body["conv_proj.weight"].shape == (768, 4, 16, 16)


def test_a_size_that_an_architecture_cannot_read_is_an_error():
    with pytest.raises(ParamsError, match="vgg16 reads pictures of 32 pixels or more, found 24"):
        adaptation.adapt(facts("vgg16"), {}, image_size=24, channels=3)


def test_a_checkpoint_of_other_channels_is_a_backbone_with_those(tmp_path):
    tensors = zoo.build("mobilenet_v3_small", nn.Identity()).state_dict()
    four, body = adaptation.adapt(facts("mobilenet_v3_small"), tensors, image_size=64, channels=4)
    checkpoint.save(tmp_path, four, body)

    found = weights.from_path(tmp_path, "mobilenet_v3_small", mean=MEAN, std=STD)
    assert len(found.mean) == 4
    assert all(torch.equal(found.tensors[name], body[name]) for name in body)
