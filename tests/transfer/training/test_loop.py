import shutil
from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

from transfer.errors import TrainingError
from transfer.training import loop, resume
from transfer.training.resume import Resume
from transfer.training.strategies import Phase

RECIPE = loop.plain(weight_decay=0.01, clip_norm=1.0, warmup=0.2, patience=10)
PHASES = (Phase("head", 2, (0.0, 0.05)), Phase("all", 4, (0.01, 0.05)))


@dataclass
class Toy:
    """Learn a line; the dropout of the model draws random numbers, as real training does."""

    dies_in_epoch: int | None = None
    scores: tuple[float, ...] = ()

    def batches(self, epoch):
        if epoch == self.dies_in_epoch:
            raise KeyboardInterrupt
        generator = torch.Generator().manual_seed(epoch)
        for _ in range(3):
            x = torch.randn(16, 4, generator=generator)
            yield x, x.sum(1, keepdim=True)

    def num_batches(self):
        return 3

    def loss(self, model, batch):
        return nn.functional.mse_loss(model(batch[0]), batch[1])

    def validate(self, model):
        x = torch.eye(4)
        return {"val_loss": nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)).item()}

    def score(self, metrics):
        return (-metrics["val_loss"],)


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "FOLDER", tmp_path)


def build():
    torch.manual_seed(0)
    return nn.Sequential(nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3)), nn.Linear(8, 1))


def fit(model, task, *, phases=PHASES, recipe=RECIPE, key="work"):
    groups = [[model[0]], [model[1]]]
    return loop.fit(model, task, groups=groups, phases=phases, recipe=recipe, seed=0, resume=Resume("toy", key))


def test_the_loss_falls_and_the_best_epoch_is_kept():
    model = build()
    rows = fit(model, Toy())

    assert [row["phase"] for row in rows] == ["head"] * 2 + ["all"] * 4
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    assert Toy().validate(model)["val_loss"] == min(row["val_loss"] for row in rows)


@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_a_killed_run_ends_with_the_same_bits(epoch):
    whole = build()
    expected = fit(whole, Toy(), key="whole")

    with pytest.raises(KeyboardInterrupt):
        fit(build(), Toy(dies_in_epoch=epoch))
    resumed = build()
    rows = fit(resumed, Toy())

    assert rows == expected
    assert all(
        torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    )


def test_the_state_of_other_work_is_not_used(capsys):
    with pytest.raises(KeyboardInterrupt):
        fit(build(), Toy(dies_in_epoch=3), key="other params")
    rows = fit(build(), Toy())

    assert len(rows) == 6
    assert "belongs to other params, inputs or code" in capsys.readouterr().err


def test_frozen_groups_do_not_move_nor_do_their_statistics():
    model = build()
    before = {name: tensor.clone() for name, tensor in model[0].state_dict().items()}
    fit(model, Toy(), phases=PHASES[:1])

    assert all(torch.equal(before[name], tensor) for name, tensor in model[0].state_dict().items())


def test_frozen_norm_keeps_the_statistics_of_trained_groups():
    model = build()
    fit(model, Toy(), recipe=replace(RECIPE, frozen_norm="statistics"))

    assert torch.equal(model[0][1].running_mean, torch.zeros(8))


def test_patience_ends_a_phase_early():
    task = Toy()
    task.score = lambda metrics: (0.0,)
    rows = fit(build(), task, recipe=replace(RECIPE, patience=1))

    # The first epoch is the best; after two without a better one each phase ends.
    assert [row["phase"] for row in rows] == ["head", "head", "all", "all"]


def test_divergence_is_an_error_with_the_rates():
    task = Toy()
    task.loss = lambda model, batch: model(batch[0]).sum() * float("nan")

    with pytest.raises(TrainingError, match=r"epoch 1, step 1: loss nan.*Lower the learning rate"):
        fit(build(), task)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a compiler")
def test_a_compiled_model_learns_what_a_plain_one_does():
    plain, compiled = build(), build()
    for model in (plain, compiled):
        # Compiled code draws other random numbers.
        model[0][3].p = 0.0
    expected = fit(plain, Toy(), key="plain")
    rows = fit(compiled, Toy(), recipe=replace(RECIPE, compiled=True), key="compiled")

    assert [row["train_loss"] for row in rows] == pytest.approx([row["train_loss"] for row in expected], rel=1e-3)
    assert compiled.state_dict().keys() == plain.state_dict().keys()
