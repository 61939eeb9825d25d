import pytest
import torch

from transfer.models import roi_pooling
from transfer.models.roi_pooling import RegionPool

SIDE = 128


def drawn_boxes(count, seed):
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, 2, generator=generator) * SIDE
    return torch.cat([corners.min(1).values, corners.max(1).values], 1)


@pytest.fixture
def maps():
    generator = torch.Generator().manual_seed(0)
    return {
        str(level): torch.randn(3, 8, SIDE // stride, SIDE // stride, generator=generator, requires_grad=True)
        for level, stride in enumerate((8, 16, 32))
    }


@pytest.fixture
def boxes():
    whole, point = torch.tensor([[0.0, 0.0, SIDE, SIDE]]), torch.tensor([[50.0, 60.0, 50.0, 60.0]])
    return [torch.cat([drawn_boxes(20, 1), whole, point]), torch.zeros(0, 4), drawn_boxes(7, 2)]


def pooled(maps, boxes, *, training):
    pool = RegionPool((8, 16, 32), canonical_scale=64).train(training)
    answers = pool(maps, boxes, [(SIDE, SIDE)] * 3)
    loss = (answers * torch.linspace(-1, 1, answers.numel()).view_as(answers)).sum()
    return answers, torch.autograd.grad(loss, list(maps.values()))


def test_matrix_products_equal_roi_align_forwards_and_backwards(maps, boxes):
    expected, expected_gradients = pooled(maps, boxes, training=False)
    found, gradients = pooled(maps, boxes, training=True)
    assert found.shape == (29, 8, 7, 7)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    for gradient, expected_gradient in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(gradient, expected_gradient, rtol=1e-4, atol=1e-4)


def test_no_region_at_all_gives_no_row(maps):
    pool = RegionPool((8, 16, 32), canonical_scale=64).train()
    assert pool(maps, [torch.zeros(0, 4)] * 3, [(SIDE, SIDE)] * 3).shape == (0, 8, 7, 7)


def test_the_regions_use_all_maps(maps, boxes):
    _, gradients = pooled(maps, boxes, training=True)
    assert all(gradient.abs().sum() > 0 for gradient in gradients)


def test_large_maps_are_left_to_roi_align(maps, boxes, monkeypatch):
    monkeypatch.setattr(roi_pooling, "LARGEST_MAP", 0)
    monkeypatch.setattr(roi_pooling, "pool", None)
    assert pooled(maps, boxes, training=True)[0].shape == (29, 8, 7, 7)
