"""How well a body's features keep classes apart: laid out in the plane by t-SNE, and in numbers without it."""

import numpy as np
from sklearn.manifold import TSNE
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from transfer.errors import ParamsError


def chosen(labels: np.ndarray, *, at_most: int) -> np.ndarray:
    """Choose rows evenly over the classes, in ascending order: all, if there are no more than `at_most`."""
    by_class = np.argsort(labels, kind="stable")
    places = np.linspace(0, len(labels), min(at_most, len(labels)), endpoint=False).astype(int)
    return np.sort(by_class[places])


def normalised(features: np.ndarray) -> np.ndarray:
    """Scale each row of float [n, num_features] to length 1, so that distances between rows compare directions."""
    lengths = np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    scaled: np.ndarray = features / np.maximum(lengths, 1e-12)
    return scaled


def layout(features: np.ndarray, *, perplexity: float, seed: int) -> np.ndarray:
    """Lay rows out in the plane by t-SNE, float [n, 2].

    Source: van der Maaten and Hinton, Visualizing Data using t-SNE (2008).

    Raises:
        ParamsError: the perplexity is not below the number of rows.
    """
    if perplexity >= len(features):
        msg = (
            f"explain_classifier.embedding.perplexity: found {perplexity:g}, but there are {len(features)} pictures; "
            f"t-SNE needs fewer neighbours than pictures: take less than {len(features)}, usually 5 to 50"
        )
        raise ParamsError(msg)
    # With several threads sums are rounded in another order each time, and t-SNE makes much of little.
    with threadpool_limits(1):
        plane: np.ndarray = TSNE(perplexity=perplexity, random_state=seed, init="pca").fit_transform(features)
    return plane


def separation(features: np.ndarray, labels: np.ndarray, *, neighbours: int) -> dict[str, float | None]:
    """Measure how well the classes lie apart among all features.

    `neighbour_accuracy` is the share of pictures whose class is the most frequent one among their nearest others;
    `silhouette` (Rousseeuw, 1987) is from -1 to 1, None where there is one class or no class with two pictures.
    """
    num_classes = len(np.unique(labels))
    with threadpool_limits(1):
        measurable = 2 <= num_classes < len(labels)
        silhouette = float(silhouette_score(features, labels)) if measurable else None
        accuracy = neighbour_accuracy(features, labels, neighbours=neighbours)
    return {"neighbour_accuracy": accuracy, "silhouette": silhouette}


def neighbour_accuracy(features: np.ndarray, labels: np.ndarray, *, neighbours: int) -> float:
    """Ask each row's nearest other rows for its class; the first of equally frequent classes counts.

    Raises:
        ParamsError: there are not as many other rows.
    """
    if neighbours >= len(features):
        msg = (
            f"explain_classifier.embedding.neighbours: found {neighbours}, but each of {len(features)} pictures has "
            f"{len(features) - 1} others"
        )
        raise ParamsError(msg)
    squares = (features**2).sum(1)
    distances = squares[:, None] + squares - 2 * features @ features.T
    np.fill_diagonal(distances, np.inf)
    nearest = labels[np.argsort(distances, axis=1, kind="stable")[:, :neighbours]]
    answers = np.array([np.bincount(row).argmax() for row in nearest])
    return float((answers == labels).mean())
