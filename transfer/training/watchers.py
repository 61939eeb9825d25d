"""Watchers of a training: each looks at the finished epochs of a phase and says what is wrong and what to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["off", "say", "stop"]


@dataclass(frozen=True)
class Watch:
    """What each watcher does when it fires, and from where on it does.

    forgetting: validation accuracy lies `fall` (0..1) or more below the best so far for `epochs` epochs, while the
    training loss is lower than it was at that best epoch.
    drift: the features of the validation pictures have turned away from those of the starting weights by more than
    `max_drift` (1 - mean cosine, 0..2), and validation accuracy is below its best.
    saturation: the training loss has changed by less than one part in a hundred over `epochs` epochs, and validation
    accuracy has not risen: at this rate there is nothing left to learn.
    """

    forgetting: Action = "off"
    drift: Action = "off"
    saturation: Action = "off"
    epochs: int = 3
    fall: float = 0.05
    max_drift: float = 0.5


@dataclass(frozen=True)
class Finding:
    """What a watcher has seen."""

    name: str
    sentence: str
    stops: bool


# One row per finished epoch, as the loop writes them.
Rows = Sequence[dict[str, Any]]

# Share of the training loss below which its changes are none.
LEAST_CHANGE = 0.01


def look(rows: Rows, watch: Watch) -> list[Finding]:
    """Return what the watchers find after the newest of the rows."""
    found = []
    for name, watcher in WATCHERS.items():
        action = getattr(watch, name)
        sentence = watcher(rows, watch) if action != "off" else None
        if sentence:
            found.append(Finding(name, sentence, stops=action == "stop"))
    return found


def _forgetting(rows: Rows, watch: Watch) -> str | None:
    if not _has(rows, "val_accuracy"):
        return None
    best = max(rows, key=lambda row: row["val_accuracy"])
    newest = rows[-watch.epochs :]
    fallen = all(row["val_accuracy"] <= best["val_accuracy"] - watch.fall for row in newest)
    if len(rows) <= watch.epochs or not fallen or newest[-1]["train_loss"] >= best["train_loss"]:
        return None
    return (
        f"validation accuracy fell from {best['val_accuracy']:.3f} (epoch {best['epoch']}) to "
        f"{newest[-1]['val_accuracy']:.3f} while the training loss fell: the pretrained features are being forgotten. "
        "Lower the rates or let them fall faster with depth (rates.decay), train fewer groups, or set recipe.l2_sp"
    )


def _drift(rows: Rows, watch: Watch) -> str | None:
    if not _has(rows, "val_accuracy") or not _has(rows, "feature_drift"):
        return None
    newest, best = rows[-1], max(row["val_accuracy"] for row in rows)
    if newest["feature_drift"] <= watch.max_drift or newest["val_accuracy"] >= best:
        return None
    return (
        f"the features have turned by {newest['feature_drift']:.2f} from those of the starting weights "
        f"(limit {watch.max_drift}), and validation accuracy is below its best ({newest['val_accuracy']:.3f} of "
        f"{best:.3f}). Lower the rates of the body, train fewer groups, or set recipe.l2_sp"
    )


def _saturation(rows: Rows, watch: Watch) -> str | None:
    if len(rows) <= watch.epochs or not _has(rows, "val_accuracy"):
        return None
    before, newest = rows[-watch.epochs - 1], rows[-1]
    losses = [row["train_loss"] for row in rows[-watch.epochs - 1 :]]
    moves = max(losses) - min(losses) > LEAST_CHANGE * abs(before["train_loss"])
    if moves or newest["val_accuracy"] > before["val_accuracy"]:
        return None
    return (
        f"the training loss has stood at {newest['train_loss']:.4f} for {watch.epochs} epochs and validation accuracy "
        f"at {newest['val_accuracy']:.3f}: nothing more is learned. Use fewer epochs; if the accuracy is too low, "
        "train more groups, raise the rates, or store more varied views"
    )


def _has(rows: Rows, key: str) -> bool:
    return bool(rows) and all(key in row for row in rows)


WATCHERS: dict[str, Callable[[Rows, Watch], str | None]] = {
    "forgetting": _forgetting,
    "drift": _drift,
    "saturation": _saturation,
}
