import pytest
import torch
from torchvision.transforms import v2

from transfer.data.views import augmentation
from transfer.errors import ParamsError


def painted(box, size=64):
    image = torch.zeros(3, size, size, dtype=torch.uint8)
    x_min, y_min, x_max, y_max = (int(v) for v in box)
    image[:, y_min:y_max, x_min:x_max] = 255
    return image


@pytest.mark.parametrize("name", ["flips", "surface", "natural"])
@pytest.mark.parametrize("seed", range(5))
def test_boxes_follow_what_they_show(name, seed):
    box = torch.tensor([[20.0, 12.0, 44.0, 30.0]], dtype=torch.float64)
    image, moved, shown = augmentation.augment(augmentation.policy(name, size=64), painted(box[0]), box, seed=seed)
    ys, xs = torch.where(image.float().mean(0) > image.float().max() / 2)

    if shown[0] and len(xs):
        seen = torch.tensor([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], dtype=torch.float64)
        torch.testing.assert_close(moved[0], seen, rtol=0, atol=1.5)


def test_a_view_depends_on_its_seed_alone():
    policy = augmentation.policy("surface", size=64)
    image = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8)
    no_boxes = torch.zeros(0, 4)
    first = augmentation.augment(policy, image, no_boxes, seed=1)[0]
    augmentation.augment(policy, image, no_boxes, seed=2)

    assert torch.equal(first, augmentation.augment(policy, image, no_boxes, seed=1)[0])


def test_a_box_outside_the_crop_is_masked():
    transform = v2.Identity()
    boxes = torch.tensor([[-30.0, 0, 10, 10], [-2.0, 0, 10, 10], [70, 70, 90, 90]])
    _, inside, shown = augmentation.augment(transform, torch.zeros(3, 64, 64, dtype=torch.uint8), boxes, seed=0)

    assert shown.tolist() == [True, True, False]
    assert inside[0].tolist() == [0, 0, 10, 10]


def test_unknown_policy_lists_the_known():
    with pytest.raises(ParamsError, match="unknown policy 'strong'; known are: none, flips, surface, natural"):
        augmentation.policy("strong", size=64)
