import pytest
import torch
from torch import nn

from transfer.training.classification import accuracy_and_loss, cross_entropy
from transfer.training.drift import Drift, features_of

WEIGHTS = torch.tensor([0.5, 1.0, 3.0])


def logits_and_labels():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(7, 3, generator=generator), torch.tensor([0, 1, 2, 2, 1, 0, 2])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_weighted_loss_is_the_mean_of_weighted_losses(smoothing):
    logits, labels = logits_and_labels()
    each = [
        WEIGHTS[label] * nn.functional.cross_entropy(one[None], label[None], label_smoothing=smoothing)
        for one, label in zip(logits, labels, strict=True)
    ]
    found = cross_entropy(logits, labels, smoothing=smoothing, weights=WEIGHTS)

    torch.testing.assert_close(found, torch.stack(each).mean())


def test_shares_of_classes_weigh_as_their_classes_do():
    logits, labels = logits_and_labels()
    shares = torch.eye(3)[labels]

    torch.testing.assert_close(
        cross_entropy(logits, shares, weights=WEIGHTS), cross_entropy(logits, labels, weights=WEIGHTS)
    )


def test_parts_of_a_batch_add_up_to_the_whole():
    logits, labels = logits_and_labels()
    parts = [
        len(part) / 7 * cross_entropy(part, own, weights=WEIGHTS)
        for part, own in zip(logits.split(3), labels.split(3), strict=True)
    ]
    torch.testing.assert_close(sum(parts), cross_entropy(logits, labels, weights=WEIGHTS))


def test_accuracy_is_the_share_of_right_answers():
    logits = torch.tensor([[3.0, 0], [0, 3], [3, 0], [0, 3]])
    assert accuracy_and_loss(logits, torch.tensor([0, 1, 1, 1]))["val_accuracy"] == 0.75


def test_drift_is_one_minus_the_mean_cosine_of_what_enters_the_head():
    model = nn.Sequential(nn.Linear(4, 3, bias=False), nn.Linear(3, 2))
    images = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    start = images @ model[0].weight.detach().T
    torch.testing.assert_close(features_of(model, images, head="1"), start)
    drift = Drift(images, start, "1")
    assert drift.of(model) == pytest.approx(0, abs=1e-6)

    with torch.no_grad():
        model[0].weight[:] = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    now = images @ model[0].weight.detach().T
    expected = [1 - float(a @ b / (a.norm() * b.norm())) for a, b in zip(start, now, strict=True)]
    assert drift.of(model) == pytest.approx(sum(expected) / 5, abs=1e-5)
