import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from transfer.errors import TrainingError
from transfer.training import linear_probe


@pytest.mark.parametrize("num_classes", [2, 5])
def test_the_layer_answers_as_scikit_learn_does(num_classes):
    generator = np.random.default_rng(0)
    labels = np.arange(60) % num_classes
    features = generator.normal(size=(60, 8)) * np.arange(1, 9) + labels[:, None]
    head = linear_probe.fit(features, labels, num_classes=num_classes, c=0.5)

    scaler = StandardScaler().fit(features)
    expected = LogisticRegression(C=0.5, max_iter=5000).fit(scaler.transform(features), labels)
    found = head(torch.from_numpy(features).float()).softmax(1).detach().numpy()
    np.testing.assert_allclose(found, expected.predict_proba(scaler.transform(features)), atol=1e-5)


def test_a_class_without_pictures_is_named():
    with pytest.raises(TrainingError, match="no training picture of class 2"):
        linear_probe.fit(np.eye(4), np.array([0, 1, 0, 1]), num_classes=3, c=1.0)
