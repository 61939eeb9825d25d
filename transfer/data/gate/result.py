"""The answer of the validation gate, as the stages after it read it."""

import json
from pathlib import Path

from transfer.errors import DataError, ValidationFailed

RESULT_FILE = "result.json"


def require_success(folder: Path) -> None:
    """Do nothing where the gate has let the data pass.

    Raises:
        ValidationFailed: it has not.
        DataError: the gate has not run.
    """
    path = folder / RESULT_FILE
    try:
        passed = json.loads(path.read_text(encoding="utf-8"))["success"]
    except FileNotFoundError as error:
        msg = f"{path}: not found; run the stage validate_data first"
        raise DataError(msg) from error
    if not passed:
        msg = f"{path}: the data did not pass; open {folder / 'index.html'}, mend the data, run validate_data again"
        raise ValidationFailed(msg)
