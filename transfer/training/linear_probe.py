"""The linear probe: logistic regression on scaled features of a frozen body, as a head that can be exported."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from transfer.errors import TrainingError

MOST_ITERATIONS = 5000


def fit(features: np.ndarray, labels: np.ndarray, *, num_classes: int, c: float) -> nn.Linear:
    """Fit to float [n, num_features] and int [n]; the layer answers with the logits of scikit-learn's model.

    Scaling is folded into the layer's weights.

    Raises:
        TrainingError: a class has no picture.
    """
    absent = sorted(set(range(num_classes)) - set(labels.tolist()))
    if absent:
        msg = f"linear probe: no training picture of class {', '.join(map(str, absent))} (counted from 0)"
        raise TrainingError(msg)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=MOST_ITERATIONS))
    model.fit(features.astype(np.float64), labels)
    scaler, regression = model[0], model[1]
    weights = regression.coef_ / scaler.scale_
    bias = regression.intercept_ - weights @ scaler.mean_
    if num_classes == 2:
        # One row of weights stands for both classes there.
        weights, bias = np.concatenate([0 * weights, weights]), np.concatenate([0 * bias, bias])
    return _layer(weights, bias)


def _layer(weights: np.ndarray, bias: np.ndarray) -> nn.Linear:
    layer = nn.Linear(weights.shape[1], weights.shape[0])
    layer.weight.data = torch.from_numpy(weights).float()
    layer.bias.data = torch.from_numpy(bias).float()
    return layer
