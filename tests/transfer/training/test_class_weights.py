import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from transfer.errors import TrainingError
from transfer.training.class_weights import balanced


def test_weights_are_those_of_scikit_learn():
    labels = np.random.default_rng(0).choice(4, 300, p=[0.6, 0.3, 0.07, 0.03])

    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)

    np.testing.assert_allclose(expected, balanced(labels, 4), rtol=1e-15)
    assert np.isclose(1, balanced(labels, 4)[labels].mean())


def test_a_class_without_pictures_is_named():
    with pytest.raises(TrainingError, match=r"no training picture of class 1, 3 .*of 4\); add pictures"):
        balanced(np.array([0, 2, 2]), 4)
