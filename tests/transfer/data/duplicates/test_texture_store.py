import numpy as np

from transfer.data.duplicates.texture_store import TextureStore


def test_textures_come_back_in_any_order() -> None:
    rng = np.random.default_rng(0)
    textures = [rng.integers(-127, 128, shape).astype(np.int8) for shape in ((3, 5), (1, 1), (40, 7), (0, 4))]
    with TextureStore() as store:
        for texture in textures:
            store.append(texture)
        store.flush()
        for index in (2, 0, 3, 1):
            np.testing.assert_array_equal(textures[index], store[index])
