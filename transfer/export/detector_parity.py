"""Hold the exported detector against torch on original images: detections are matched, not compared line by line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transfer.data.detections import overlaps
from transfer.errors import ParityError
from transfer.export.session import open_session
from transfer.models.detector_prediction import Answer, answers
from transfer.models.detector_program import DetectorProgram


@dataclass(frozen=True)
class Sides:
    """What torch and onnxruntime answered for the same images."""

    torch: list[Answer]
    onnx: list[Answer]


@dataclass(frozen=True)
class Match:
    """How the detections of one image correspond; differences are of matched pairs, boxes in pixels."""

    num_matched: int
    num_unmatched: int
    score_difference: float
    box_difference: float


def run_both(program: DetectorProgram, path: Path, images: Iterable[np.ndarray], *, threads: int) -> Sides:
    """Run uint8 [height, width, 3] images through both, on the CPU."""
    session = open_session(path, threads=threads)
    name = session.get_inputs()[0].name
    sides = Sides([], [])
    for image in images:
        sides.torch.extend(answers(program, [image], torch.device("cpu")))
        boxes, scores, labels = session.run(None, {name: image})
        sides.onnx.append((boxes, scores, labels))
    return sides


def compare(sides: Sides, *, least_overlap: float) -> dict[str, Any]:
    """Match the detections of every image and sum up."""
    matches = [match(a, b, least_overlap=least_overlap) for a, b in zip(sides.torch, sides.onnx, strict=True)]
    return {
        "num_matched": sum(m.num_matched for m in matches),
        "num_unmatched": sum(m.num_unmatched for m in matches),
        "num_images": len(matches),
        "max_score_difference": max((m.score_difference for m in matches), default=0.0),
        "max_box_difference": max((m.box_difference for m in matches), default=0.0),
    }


def match(left: Answer, right: Answer, *, least_overlap: float) -> Match:
    """Pair detections of the same label, the closest overlap first; equal scores may stand in any order.

    Those of either side that find no partner are counted as unmatched.
    """
    common = overlaps(left[0].astype(np.float64), right[0].astype(np.float64))
    common[left[2][:, None] != right[2][None, :]] = -1.0
    pairs = _closest_first(common, least_overlap)
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    return Match(
        num_matched=len(pairs),
        num_unmatched=len(left[0]) + len(right[0]) - 2 * len(pairs),
        score_difference=float(np.abs(left[1][rows] - right[1][columns]).max(initial=0.0)),
        box_difference=float(np.abs(left[0][rows] - right[0][columns]).max(initial=0.0)),
    )


def require(
    result: dict[str, Any], *, max_ap_difference: float, max_unmatched: float, max_score_difference: float
) -> None:
    """Refuse an export whose answers differ too much. `max_unmatched` is a share of all detections.

    Raises:
        ParityError: a difference is above its limit; the message has all of them.
    """
    detections = 2 * result["num_matched"] + result["num_unmatched"]
    measured = {
        "AP": (abs(result["AP_torch"] - result["AP_onnx"]), max_ap_difference),
        "share of detections without a partner": (result["num_unmatched"] / max(detections, 1), max_unmatched),
        "score of a matched pair": (result["max_score_difference"], max_score_difference),
    }
    broken = [f"{name} {value:.2e} (limit {limit})" for name, (value, limit) in measured.items() if value > limit]
    if broken:
        msg = (
            f"onnxruntime answers differently from torch on {result['num_images']} test images: {', '.join(broken)}. "
            "The file is not to be used; see the versions of torch, torchvision and onnxruntime"
        )
        raise ParityError(msg)


def _closest_first(common: np.ndarray, least: float) -> Sequence[tuple[int, int]]:
    pairs = []
    while common.size and common.max() >= least:
        row, column = np.unravel_index(int(common.argmax()), common.shape)
        pairs.append((int(row), int(column)))
        common[row, :] = common[:, column] = -1.0
    return pairs
