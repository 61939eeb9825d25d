"""Write down the code that the cells of matrix stages run: one file that stands for all of it.

Hundreds of cells that each list dozens of modules would make every `dvc repro`, also of the line alone, seconds slower.
"""

import hashlib
from pathlib import Path

import yaml

from stages.entry import main
from transfer import atomic

# DVC lets no stage depend on a dvc.yaml, and need not: it runs a stage whose list of deps has changed.
PIPELINE = Path("selection", "dvc.yaml")


def run(*, record: Path = Path("reports/selection/code.json")) -> None:
    """Write a hash of each code dep of this stage, which `make deps` keeps equal to what the cells can import."""
    deps = yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))["stages"]["record_code"]["deps"]
    code = sorted(dep for dep in deps if dep.endswith(".py"))
    atomic.write_json(record, {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in code})


if __name__ == "__main__":
    main(run)
