"""A stage is made non-deterministic on purpose; the layer and the step have to be named."""

from pathlib import Path

import pytest

from pipelines.audit.determinism import compare_runs
from pipelines.errors import AuditError
from tests.pipelines.audit.conftest import ROOT, commit, dvc, edit

pytestmark = pytest.mark.slow

# The line's own loop trains a network one of whose layers is unseeded from the third step on.
TRAINING = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
import json, torch
from pathlib import Path
from torch import nn
from transfer.training import loop, optimizers
from transfer.training.optimizers import OptimizerSettings
from transfer.training.stepping import Stepper, StepSettings
from transfer.training.strategies import Phase

class Noise(nn.Module):
    def forward(self, x):
        self.calls = getattr(self, "calls", 0) + 1
        unseeded = torch.Generator()
        unseeded.seed()
        return x + (torch.rand(x.shape, generator=unseeded) if self.calls >= FIRST else 0)

class Task:
    def batches(self, epoch): return [torch.full((2, 3), float(i)) for i in range(4)]
    def num_batches(self): return 4
    def loss(self, model, batch): return model(batch).square().mean()

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 3), Noise(), nn.Linear(3, 1))
optimizer = optimizers.build(OptimizerSettings("sgd"), [list(model.parameters())], [0.1])
stepper = Stepper(model, Task(), optimizer, StepSettings(clip_norm=1.0))
recipe = loop.plain(weight_decay=0.0, clip_norm=1.0, warmup=0.0, patience=1)
phase = Phase("all", 1, (0.1,))
loss = loop.train_epoch(Task(), stepper, phase=phase, recipe=recipe, progress=loop.Progress())
Path("made/metrics.json").write_text(json.dumps({{"loss": loss}}))
Path("made/page.html").write_text("<p>done</p>")
from line.surroundings import leave
leave("measure")
"""


@pytest.fixture
def trained(project: Path) -> Path:
    (project / "line" / "measure.py").write_text(TRAINING.replace("FIRST", "3"), encoding="utf-8")
    dvc(project, "repro", "--quiet")
    commit(project)
    return project


def test_the_layer_and_the_step_in_which_runs_part(trained: Path) -> None:
    found = compare_runs(trained, "HEAD", "measure", 2)

    assert not found.equal
    assert {2: "step 3 (epoch 1, step 3 of it): layer 1 (Noise)"} == found.partings
    low, high = found.spreads["made/metrics.json: loss"]
    assert low < high
    said = "\n".join(found.sentences())
    assert "measure: 2 runs, not equal, 4 training steps traced" in said
    assert "runs 1 and 2 part at step 3" in said
    assert "runs 1 and 2: made/metrics.json: loss: recorded" in said


def test_the_order_of_a_set(project: Path) -> None:
    edit(project / "line" / "read.py", lambda text: text.replace("for p in files]", "for p in set(files)]"))
    again = "import os, sys\nif 'again' not in sys.argv:\n    os.environ['PYTHONHASHSEED'] = 'random'\n    os.execv"
    again += "(sys.executable, [sys.executable, '-m', 'line.read', 'again'])\n"
    # for_stages pins the order of sets; a stage that starts a process of its own may let it go.
    edit(project / "line" / "read.py", lambda text: again + text)
    dvc(project, "repro", "--quiet", "read")
    commit(project)

    found = compare_runs(project, "HEAD", "read", 3)

    assert not found.equal
    assert "made/table.csv: row " in "\n".join(found.sentences())


def test_a_deterministic_stage_is_equal(project: Path) -> None:
    found = compare_runs(project, "HEAD", "train", 2)

    assert found.equal
    assert ["train: 2 runs, equal in every bit"] == found.sentences()


def test_a_stage_that_is_not_recorded(project: Path) -> None:
    (project / "dvc.lock").unlink()
    commit(project)

    with pytest.raises(AuditError, match=r"train: dvc\.lock has no entry for it, so its inputs are not recorded"):
        compare_runs(project, "HEAD", "train", 2)
