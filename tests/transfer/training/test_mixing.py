import torch

from transfer.training.mixing import Mixing


def batch():
    images = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0)) + 1
    return images, torch.tensor([0, 1, 2, 0, 1, 2])


def test_nothing_asked_for_changes_nothing():
    images, labels = Mixing().apply(batch(), num_classes=3)

    assert torch.equal(images, batch()[0])
    assert torch.equal(labels, batch()[1])
    assert not Mixing().changes_pixels


def test_mixup_mixes_pictures_and_labels_in_one_proportion():
    torch.manual_seed(0)
    images, labels = Mixing(mixup=1.0).apply(batch(), num_classes=3)
    whole, classes = batch()
    share = labels[0, 0].item()

    assert 0 < share < 1
    torch.testing.assert_close(images, share * whole + (1 - share) * whole.roll(1, 0))
    one_hot = torch.eye(3)[classes]
    torch.testing.assert_close(labels, share * one_hot + (1 - share) * one_hot.roll(1, 0))


def test_cutmix_pastes_the_share_of_pixels_that_the_labels_say():
    torch.manual_seed(1)
    images, labels = Mixing(cutmix=1.0).apply(batch(), num_classes=3)
    whole, _ = batch()
    pasted = (images != whole).any(1).float().mean((1, 2))

    torch.testing.assert_close(labels[0, 2], pasted[0])
    torch.testing.assert_close(labels.sum(1), torch.ones(6))


def test_erasing_gives_each_picture_a_rectangle_of_its_own():
    torch.manual_seed(0)
    images, labels = Mixing(erasing=1.0).apply(batch(), num_classes=3)
    holes = (images == 0).all(1)

    assert holes.flatten(1).any(1).all()
    assert len({tuple(hole.flatten().tolist()) for hole in holes}) > 1
    assert torch.equal(labels, batch()[1])


def test_with_both_each_batch_is_one_or_the_other():
    torch.manual_seed(0)
    kinds = set()
    for _ in range(20):
        images, _ = Mixing(mixup=1.0, cutmix=1.0).apply(batch(), num_classes=3)
        kinds.add(bool((images == batch()[0]).any()))
    assert kinds == {True, False}
