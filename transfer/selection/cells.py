"""One cell of the tournament: a strategy, trained once; where its result lies and what is in it."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from transfer import atomic
from transfer.errors import DataError

Size = int | Literal["all"]

CELLS = Path("reports/selection/cells")
RATES = Path("reports/selection/rates")


@dataclass(frozen=True)
class Cell:
    """What tells one cell from another; `size` is training images per class."""

    strategy: str
    backbone: str
    size: Size
    seed: int

    @property
    def name(self) -> str:
        """The name of its folder, as in selection/dvc.yaml."""
        return f"{self.strategy}-{self.backbone}-{self.size}-{self.seed}"


@dataclass(frozen=True)
class Result:
    """What one training came to; everything in it is deterministic.

    `correct` has a 0 or 1 for each of `image_ids`, the test images. An epoch of `history` has at least `epoch`,
    `phase`, `train_loss`, `val_loss` and `val_accuracy`. `epochs_to_converge` is the first epoch whose validation
    accuracy is within half a point of the best. `learning_rate` is null but in the sweep.
    """

    strategy: str
    backbone: str
    size: Size
    seed: int
    learning_rate: float | None
    num_train_images: int
    num_val_images: int
    num_test_images: int
    accuracy: float
    macro_f1: float
    image_ids: tuple[int, ...]
    correct: tuple[int, ...]
    trainable_parameters: int
    total_parameters: int
    epochs: int
    epochs_to_converge: int
    best_epoch: int
    history: tuple[dict[str, Any], ...]

    @property
    def cell(self) -> Cell:
        """What tells this cell from others."""
        return Cell(self.strategy, self.backbone, self.size, self.seed)


@dataclass(frozen=True)
class Cost:
    """What one training took; measured, so never the same twice."""

    seconds: float
    peak_memory_mib: float


def write(folder: Path, result: Result, cost: Cost) -> None:
    """Write result.json and cost.json into the folder of a cell."""
    atomic.write_json(folder / "result.json", asdict(result))
    atomic.write_json(folder / "cost.json", asdict(cost))


def read(folder: Path) -> tuple[Result, Cost]:
    """Read what `write` wrote.

    Raises:
        DataError: a file is missing or is not what `write` writes.
    """
    result, cost = _fields(folder / "result.json", Result), _fields(folder / "cost.json", Cost)
    lists = {name: tuple(value) for name, value in result.items() if isinstance(value, list)}
    read = Result(**{**result, **lists})
    if len(read.image_ids) != len(read.correct) or len(read.image_ids) != read.num_test_images:
        msg = (
            f"{folder / 'result.json'}: found {len(read.correct)} answers for {len(read.image_ids)} images, expected "
            f"num_test_images = {read.num_test_images} of both; delete the folder and run the cell again"
        )
        raise DataError(msg)
    return read, Cost(**cost)


def _fields(path: Path, kind: type[Result] | type[Cost]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        msg = f"{path}: not found; `transferline run compare` trains the cells that are missing"
        raise DataError(msg) from error
    except json.JSONDecodeError as error:
        msg = f"{path}: not valid JSON: {error}; delete it and run the cell again"
        raise DataError(msg) from error
    if not isinstance(values, dict) or set(values) != names:
        found = sorted(values) if isinstance(values, dict) else type(values).__name__
        msg = f"{path}: found {found}, expected {sorted(names)}; delete it and run the cell again"
        raise DataError(msg)
    return values
