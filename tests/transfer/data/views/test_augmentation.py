import pytest
import torch
from torchvision.transforms import v2

from transfer.data.views import augmentation
from transfer.data.views.contrast import Clahe, equalised
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


def test_unknown_policy_lists_the_known_and_the_closest():
    with pytest.raises(ParamsError, match=r"unknown policy 'strong'\. Known are: none, flips, .*, auto, rand, trivial"):
        augmentation.policy("strong", size=64)
    with pytest.raises(ParamsError, match="unknown policy 'trivail'; did you mean 'trivial'"):
        augmentation.require("trivail", moves_boxes=False, channels=3)


@pytest.mark.parametrize("name", ["auto", "rand", "trivial"])
def test_published_policies_draw_other_pictures_and_keep_no_box(name):
    policy = augmentation.policy(name, size=64)
    image = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    box = torch.tensor([[10.0, 10, 50, 50]], dtype=torch.float64)
    views = [augmentation.augment(policy, image, box, seed=seed) for seed in range(8)]

    assert len({view.numpy().tobytes() for view, _, _ in views}) == 8
    assert all(view.shape == image.shape and view.dtype == torch.uint8 for view, _, _ in views)
    assert not any(shown.any() for _, _, shown in views)
    assert torch.equal(augmentation.augment(policy, image, box, seed=3)[0], views[3][0])


@pytest.mark.parametrize("name", ["auto", "rand", "trivial"])
def test_published_policies_are_refused_where_boxes_or_channels_must_move(name):
    augmentation.require(name, moves_boxes=False, channels=3)
    which = "those that can are: none, flips, surface, natural"
    with pytest.raises(ParamsError, match=f"'{name}' moves RGB pictures alone .* detector's boxes along; {which}"):
        augmentation.require(name, moves_boxes=True, channels=3)
    with pytest.raises(ParamsError, match=f"'{name}' .* cannot take 4 channels along; {which}"):
        augmentation.require(name, moves_boxes=False, channels=4)


@pytest.mark.parametrize("name", ["none", "flips", "surface", "natural"])
def test_a_fourth_channel_moves_along_and_keeps_its_light(name):
    colours = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    image = torch.cat([colours, torch.arange(64, dtype=torch.uint8).expand(1, 64, 64)])
    policy, no_boxes = augmentation.policy(name, size=64), torch.zeros(0, 4)
    for seed in range(4):
        view, _, _ = augmentation.augment(policy, image, no_boxes, seed=seed)
        alone, _, _ = augmentation.augment(policy, colours, no_boxes, seed=seed)
        ramp, _, _ = augmentation.augment(policy, image[3:].expand(4, 64, 64).contiguous(), no_boxes, seed=seed)
        assert torch.equal(view[:3], alone)
        assert torch.equal(view[3], ramp[3])
        assert view[3].max() <= 63


def test_clahe_is_drawn_for_its_share_before_the_picture_moves():
    image = torch.randint(90, 110, (4, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    policy, no_boxes = augmentation.policy("none", size=64, clahe=Clahe(share=0.3)), torch.zeros(0, 4)
    views = [augmentation.augment(policy, image, no_boxes, seed=seed)[0] for seed in range(300)]
    evened = [view for view in views if not torch.equal(view, image)]

    assert 60 <= len(evened) <= 120
    expected = equalised(image[:3].permute(1, 2, 0).contiguous().numpy(), clip_limit=2.0, grid=8)
    assert all((view[:3].permute(1, 2, 0).numpy() == expected).all() for view in evened)
    assert all(torch.equal(view[3], image[3]) for view in evened)
