"""How long one image takes, candidate and champion in turns on the same images, so that both meet the same machine."""

import statistics
import time
from pathlib import Path
from typing import Any

from pipelines.errors import ReleaseError
from pipelines.release.evidence import Bundle
from pipelines.release.gates import Gate
from pipelines.release.settings import Latency
from receiver.standalone import predict

INPUTS = Path("golden", "inputs")


def gates(candidate: Bundle, champion: Bundle | None, task: str, limits: Latency) -> list[Gate]:
    """Judge the median time of an answer, in all and in terms of the champion's.

    Raises:
        ReleaseError: the candidate has no golden inputs.
    """
    bundles = [candidate, *([champion] if champion is not None else [])]
    mine, *theirs = medians(bundles, task, limits, inputs(candidate))
    found = []
    if limits.max_milliseconds is not None:
        passed = mine <= limits.max_milliseconds
        found.append(Gate(f"{task} latency", mine, limits.max_milliseconds, passed, "ms of an image, median"))
    if theirs:
        ratio = mine / theirs[0]
        says = f"{mine:.2f} ms an image, the champion {theirs[0]:.2f} ms; medians, in turns, {limits.threads} thread(s)"
        passed = ratio <= limits.max_ratio
        found.append(Gate(f"{task} latency in terms of the champion's", ratio, limits.max_ratio, passed, says))
    return found


def medians(bundles: list[Bundle], task: str, limits: Latency, images: list[bytes]) -> list[float]:
    """Return each bundle's median milliseconds of an answer for one image; decoding is not measured."""
    models = [predict.load(bundle.folder, task, threads=limits.threads) for bundle in bundles]
    decoded = [[predict.decode(data, model.spec) for data in images] for model in models]
    times: list[list[float]] = [[] for _ in models]
    for turn in range(limits.rounds + 1):
        for number in range(len(images)):
            # Each goes first every other time; the first round only warms up.
            order = range(len(models)) if (turn + number) % 2 == 0 else reversed(range(len(models)))
            for place in order:
                seconds = _timed(models[place], decoded[place][number])
                times[place] += [1000 * seconds] if turn else []
    return [statistics.median(values) for values in times]


def inputs(bundle: Bundle) -> list[bytes]:
    """Read the golden inputs of a bundle.

    Raises:
        ReleaseError: there are none.
    """
    files = sorted((bundle.folder / INPUTS).glob("*"))
    if not files:
        msg = f"{bundle.name} {bundle.version}: no golden inputs, so nothing can be timed; pack it with package_handoff"
        raise ReleaseError(msg)
    return [file.read_bytes() for file in files]


def _timed(model: Any, image: Any) -> float:
    start = time.perf_counter()
    model.predict([image])
    return time.perf_counter() - start
