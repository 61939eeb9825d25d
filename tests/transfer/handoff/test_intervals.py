import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import f1_score

from transfer.handoff import intervals


def test_macro_f1_is_that_of_the_same_draws_by_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    table = pd.DataFrame({"label": generator.choice(list("abc"), 40), "predicted": generator.choice(list("abc"), 40)})

    ends = intervals.macro_f1(table, resamples=50, seed=3)

    generator = np.random.default_rng(3)
    drawn = [table.iloc[generator.integers(0, 40, 40)] for _ in range(50)]
    values = [f1_score(one["label"], one["predicted"], average="macro", zero_division=0) for one in drawn]
    np.testing.assert_allclose(ends, np.quantile(values, [0.025, 0.975]))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    generator = np.random.default_rng(0)
    images = [{"id": number, "width": 100, "height": 100, "file_name": f"{number}.png"} for number in range(12)]
    truth, found = [], []
    for number in range(40):
        corner, size = generator.integers(0, 50, 2).tolist(), generator.integers(20, 50, 2).tolist()
        image_id, category_id = int(generator.integers(0, 12)), int(generator.integers(1, 3))
        box = {"image_id": image_id, "category_id": category_id}
        crowd = {"iscrowd": int(number % 10 == 0)}
        truth.append({**box, **crowd, "id": number + 1, "bbox": [*corner, *size], "area": size[0] * size[1]})
        moved = [value + int(generator.integers(-6, 7)) for value in [*corner, *size]]
        if number % 5:
            # Of two digits, so that some are equal.
            found.append({**box, "bbox": moved, "score": round(float(generator.random()), 2)})
    categories = [{"id": number, "name": name} for number, name in enumerate(("dent", "crack", "none of these"), 1)]
    (tmp_path / "truth.json").write_text(json.dumps({"images": images, "categories": categories, "annotations": truth}))
    (tmp_path / "found.json").write_text(json.dumps(found))
    return tmp_path / "truth.json", tmp_path / "found.json"


def by_pycocotools(files: tuple[Path, Path], drawn: np.ndarray) -> dict[str, float]:
    """Write the drawn images out as if they were different ones, and measure those."""
    truth, found = (json.loads(path.read_text()) for path in files)
    images = [{"id": place} for place in range(len(drawn))]
    copies = lambda rows: [  # noqa: E731
        {**row, "image_id": place} for place, old in enumerate(drawn) for row in rows if row["image_id"] == old
    ]
    known, seen = COCO(), COCO()
    for index, rows in ((known, copies(truth["annotations"])), (seen, copies(found))):
        for number, row in enumerate(rows, 1):
            row["id"] = number
            row.setdefault("area", row["bbox"][2] * row["bbox"][3])
            row.setdefault("iscrowd", 0)
        index.dataset = {"images": images, "categories": truth["categories"], "annotations": rows}
        index.createIndex()
    evaluation = COCOeval(known, seen, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    values = evaluation.eval["precision"][:, :, :, 0, -1]
    per_class = {c["name"]: values[:, :, number].mean() for number, c in enumerate(truth["categories"])}
    return {**per_class, "AP": values[values > -1].mean()}


def test_average_precision_is_that_of_the_same_draws_by_pycocotools(files: tuple[Path, Path]) -> None:
    ends = intervals.average_precision(*files, resamples=15, seed=5)

    generator = np.random.default_rng(5)
    with contextlib.redirect_stdout(io.StringIO()):
        values = pd.DataFrame([by_pycocotools(files, generator.integers(0, 12, 12)) for _ in range(15)])
    assert {"dent", "crack", "AP"} == set(ends)
    for name, found in ends.items():
        np.testing.assert_allclose(found, np.quantile(values[name], [0.025, 0.975]), atol=1e-12)
    assert ends["AP"][0] < ends["AP"][1]


def test_nothing_found_is_nothing_right(files: tuple[Path, Path]) -> None:
    files[1].write_text("[]\n")

    assert {(0.0, 0.0)} == set(intervals.average_precision(*files, resamples=3, seed=0).values())
