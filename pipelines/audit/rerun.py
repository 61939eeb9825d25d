"""Run one stage again: by DVC, from nothing but what lies in the clone, under observation."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.audit.checkout import Checkout
from pipelines.audit.record import Asked, Entry, entry
from pipelines.children import Children
from pipelines.environment import for_stages
from pipelines.transcript import Transcript

OBSERVER = Path(__file__).with_name("observer")
# What would let code or settings of this machine into the stage, or tell DVC that it runs inside another one.
NOT_PASSED_ON = ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONSAFEPATH", "DVC_STAGE", "DVC_ROOT", "DVC_EXP_NAME")
# --no-commit: outputs stay where they were written, and are hashed there.
REPRODUCE = ("repro", "--single-item", "--force", "--no-run-cache", "--no-commit")


@dataclass(frozen=True)
class Rerun:
    """How it went: the stage's new entry in dvc.lock, or None and the reason where it failed."""

    entry: Entry | None
    seconds: float
    reason: str = ""
    observed: Path | None = None


def rerun(
    stage: Asked,
    checkout: Checkout,
    *,
    variables: Mapping[str, str | None],
    say: Callable[[str], None] = lambda line: None,
) -> Rerun:
    """Run the stage with `variables` of the environment as they were recorded; None takes one away."""
    observed = checkout.work / "observed" / stage.name
    temporary = checkout.work / "tmp" / stage.name
    for folder in (observed, temporary):
        folder.mkdir(parents=True)
    own = {
        "TMPDIR": str(temporary),
        "TRANSFERLINE_OBSERVED": str(observed),
        "TRANSFERLINE_DECLARED": os.pathsep.join(str(checkout.folder / path) for path in (*stage.deps, *stage.outs)),
    }
    children = Children({**_environment(checkout, variables), **own})
    heard = Transcript(say)
    started = time.monotonic()
    try:
        command = (sys.executable, "-m", "dvc", *REPRODUCE, stage.address)
        code = children.run(command, heard.hear, folder=checkout.folder)
    except BaseException:
        children.stop()
        raise
    seconds = time.monotonic() - started
    if code:
        heard.say_kept_back()
        return Rerun(None, seconds, heard.reason() or f"dvc ended with {code}", observed)
    made = entry(checkout.folder, file=stage.file, wdir=stage.wdir, name=stage.name)
    return Rerun(made, seconds, "" if made else "DVC has written no entry for it", observed)


def _environment(checkout: Checkout, variables: Mapping[str, str | None]) -> dict[str, str]:
    kept = {name: value for name, value in for_stages().items() if name not in NOT_PASSED_ON and name not in variables}
    return {
        **kept,
        **{name: value for name, value in variables.items() if value is not None},
        "PYTHONPATH": str(OBSERVER),
        "TRANSFERLINE_PROJECT": str(checkout.folder),
        "DVC_NO_ANALYTICS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }
