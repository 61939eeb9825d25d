import numpy as np

from transfer.data.views.contrast import equalised


def flat_gray():
    """Gray pictures of little contrast: levels 100 to 119, drawn independently."""
    levels = np.random.default_rng(0).integers(100, 120, (64, 64), dtype=np.uint8)
    return np.repeat(levels[:, :, None], 3, axis=2)


def test_contrast_grows_and_gray_stays_gray():
    picture = flat_gray()
    evened = equalised(picture, clip_limit=4.0, grid=2)

    assert evened.std() > 1.5 * picture.std()
    assert np.ptp(evened.astype(int), axis=2).max() <= 1


def test_a_higher_clip_limit_is_stronger():
    spreads = [equalised(flat_gray(), clip_limit=limit, grid=4).std() for limit in (1.0, 2.0, 4.0, 8.0)]

    assert spreads == sorted(spreads)
