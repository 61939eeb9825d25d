"""The gates: each a value, its limit, whether it is passed, and a sentence."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from pipelines.release import test_split
from pipelines.release.evidence import FOLDERS, Bundle
from pipelines.release.settings import Promote
from transfer.measures import average_precision, bootstrap, classification
from transfer.measures.bootstrap import Difference

MEBIBYTE = 2**20
Measures = Callable[[Bundle, str], tuple[bootstrap.Measure, int]]


@dataclass(frozen=True)
class Gate:
    """`value` and `limit` are numbers in the unit of the gate; None where there is nothing to compare with."""

    gate: str
    value: float | None
    limit: float | None
    passed: bool
    says: str

    def entry(self) -> dict[str, Any]:
        """Return the gate as it goes into the log, whose JSON has no NaN."""
        entry = asdict(self)
        return {key: None if value != value else value for key, value in entry.items()}


def metric(candidate: Bundle, champion: Bundle, task: str, settings: Promote) -> Gate:
    """Judge the lower end of the interval of the metric's change, over images drawn the same for both."""
    wanted = settings.classification if task == "classification" else settings.detection
    measures: Measures = _classified if task == "classification" else _detected
    (new, num_images), (old, _) = measures(candidate, wanted.metric), measures(champion, wanted.metric)
    found = bootstrap.paired(
        old,
        new,
        num_images=num_images,
        resamples=settings.resamples,
        confidence=settings.confidence,
        seed=settings.seed,
    )
    return Gate(
        f"{task} {wanted.metric}",
        found.low,
        wanted.min_change,
        found.low >= wanted.min_change,
        _change(found, settings),
    )


def class_floor(candidate: Bundle, task: str, settings: Promote) -> Gate:
    """Judge the worst class: its recall, or its AP50."""
    if task == "classification":
        limit, what, each = settings.classification.class_floor, "recall", _recalls(candidate)
    else:
        limit, what, each = settings.detection.class_floor, "AP50", _precisions(candidate)
    if not each:
        return Gate(f"{task} worst {what} of a class", None, limit, False, "nothing to find in the test split")
    worst = min(each, key=lambda name: each[name])
    below = [f"{name} {value:.4f}" for name, value in each.items() if value < limit]
    says = f"below: {', '.join(below)}" if below else f"worst class: {worst}"
    return Gate(f"{task} worst {what} of a class", each[worst], limit, not below, says)


def parity(candidate: Bundle, task: str, settings: Promote) -> list[Gate]:
    """Judge how far the exported file's answers are from the model's own, as measured when it was exported."""
    found = candidate.json(f"{FOLDERS[task]}_parity.json")
    if task == "classification":
        value, limit = found["max_abs_difference"], settings.classification.max_parity_difference
        return [Gate("classification parity", value, limit, value <= limit, "largest difference of a probability")]
    value, limit = abs(found["AP_torch"] - found["AP_onnx"]), settings.detection.max_parity_difference
    share = found["num_unmatched"] / max(1, found["num_unmatched"] + found["num_matched"])
    most = settings.detection.max_parity_unmatched
    return [
        Gate("detection parity", value, limit, value <= limit, "difference of AP"),
        Gate("detection unmatched", share, most, share <= most, "share of boxes without a partner"),
    ]


def size(candidate: Bundle, champion: Bundle | None, settings: Promote) -> list[Gate]:
    """Judge the bytes of the bundle, against the champion's and in all."""
    gates = []
    mebibytes, limit = candidate.size / MEBIBYTE, settings.size.max_mebibytes
    if limit is not None:
        gates.append(Gate("size", mebibytes, limit, mebibytes <= limit, "MiB of all files"))
    if champion is not None:
        ratio, most = candidate.size / champion.size, settings.size.max_ratio
        says = f"{mebibytes:.2f} MiB, the champion {champion.size / MEBIBYTE:.2f} MiB"
        gates.append(Gate("size in terms of the champion's", ratio, most, ratio <= most, says))
    return gates


def tasks(candidate: Bundle, champion: Bundle) -> Gate:
    """Judge whether the candidate does all that the champion does."""
    lost = [task for task in champion.tasks if task not in candidate.tasks]
    says = f"the champion has {' and '.join(lost)}, the candidate has not" if lost else "all that the champion has"
    return Gate("tasks", len(candidate.tasks), len(champion.tasks), not lost, says)


def committed(candidate: Bundle, settings: Promote) -> Gate:
    """Judge whether all that the bundle was made with is in git, so that it can be made again."""
    says = "all that it was made with is in git"
    if not candidate.committed:
        says = (
            "packed with code that is in no commit; commit it, then `dvc repro --force --single-item package_handoff` "
            "(to DVC a commit is no change)"
        )
    return Gate("uncommitted changes", None, None, candidate.committed or settings.uncommitted == "allow", says)


def same_split(candidate: Bundle, champion: Bundle, task: str) -> Gate:
    """Judge whether both were measured on the same test images, without which nothing can be compared."""
    found = test_split.difference(candidate, champion, task)
    return Gate(f"{task} test split", None, None, found is None, found or "the same images and the same truth")


def _change(found: Difference, settings: Promote) -> str:
    return (
        f"{found.old:.4f} -> {found.new:.4f}, {settings.confidence:.0%} interval of the change "
        f"{found.low:+.4f} to {found.high:+.4f}"
    )


def _classified(bundle: Bundle, metric: str) -> tuple[bootstrap.Measure, int]:
    table = bundle.predictions()
    # Both bundles' images in one order, so that a draw has the same ones of both.
    table = table.assign(key=test_split.keys(table)).sort_values("key")
    measure = classification.accuracy if metric == "accuracy" else classification.macro_f1
    return measure(table["label"].to_numpy(dtype=str), table["predicted"].to_numpy(dtype=str)), len(table)


def _detected(bundle: Bundle, metric: str) -> tuple[bootstrap.Measure, int]:
    return average_precision.measure(_matches(bundle), metric=metric), len(bundle.json("detector_truth.json")["images"])


def _matches(bundle: Bundle) -> dict[str, average_precision.Matches]:
    truth, found = bundle.json("detector_truth.json"), bundle.json("detector_detections.json")
    images = pd.DataFrame(truth["images"]).rename(columns={"file_name": "file"})
    order = images.assign(key=test_split.keys(images)).sort_values("key")["id"]
    numbers = {int(image): number for number, image in enumerate(order, start=1)}
    renumbered = {
        **truth,
        "images": [{"id": number} for number in numbers.values()],
        "annotations": [{**box, "image_id": numbers[box["image_id"]]} for box in truth["annotations"]],
    }
    return average_precision.match(renumbered, [{**box, "image_id": numbers[box["image_id"]]} for box in found])


def _recalls(bundle: Bundle) -> dict[str, float]:
    table = bundle.predictions()
    return classification.recalls(table["label"].to_numpy(dtype=str), table["predicted"].to_numpy(dtype=str))


def _precisions(bundle: Bundle) -> dict[str, float]:
    each = average_precision.per_category(_matches(bundle), metric="AP50")
    return {name: value for name, value in each.items() if value is not None}
