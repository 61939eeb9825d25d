"""Images per second of every strategy's loop beside a minimal torch loop for it: same pictures and model, in turns.

Both sides build the model, read the same stored pictures, compute in the same precision and memory format, and validate
after each epoch. The minimal loop is what one writes by hand for the recipe of params.yaml: forward, smoothed loss,
backward, clip, step of AdamW. Of phases that train the body two epochs run on both sides. The line keeps the features
of a frozen body, so of phases that train the head all epochs run there; the minimal loop, whose epochs all take the
same time, runs two and is given the time of all.

Run: python -m benchmarks.strategies [--rounds 3] [--only gradual]
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import torch
import typer
from rich.console import Console
from rich.table import Table
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from benchmarks.nothing_kept import NothingKept
from stages.params import Runtime, load
from stages.recipe import RecipeParams, Strategies
from transfer import runtime
from transfer.checkpoint import Facts
from transfer.data import dataset
from transfer.data.drawing import generate
from transfer.data.views import shards, store
from transfer.data.views.rendering import Style
from transfer.models import classifier, freezing
from transfer.models.inputs import normalise
from transfer.runtime import Machine
from transfer.training.finetuning import Data, Settings, fine_tune, start
from transfer.training.strategies import Strategy, phases

PER_CLASS, SIZE, BATCH = 60, 96, 32
EPOCHS_OF_A_BODY = 2
CLIP_NORM = 1.0
# The line's default backbone.
FACTS = {"kind": "classifier", "architecture": "resnet18", "image_size": SIZE, "mean": (0.5,) * 3, "std": (0.25,) * 3}


def main(
    rounds: Annotated[int, typer.Option(help="turns; medians are shown")] = 3,
    only: Annotated[str | None, typer.Option(help="one strategy instead of all")] = None,
) -> None:
    """Print images per second and their ratio for each strategy of params.yaml."""
    settings = load("recipe", RecipeParams).settings(fp16=False)
    named = load("strategies", Strategies)
    machine = runtime.prepare(**load("runtime", Runtime).model_dump())
    table = Table("strategy", "minimal loop", "this line", "ratio", title=f"images/s, ResNet-18 at {SIZE} px, medians")
    with tempfile.TemporaryDirectory() as folder:
        data, facts = _draw(Path(folder), threads=machine.threads)
        for name in [only] if only else named.names():
            strategy = _short(named.named(name))
            sides = (_minimal, _line)
            seconds = [[side(strategy, facts, data, settings, machine) for side in sides] for _ in range(rounds)]
            minimal, line = (statistics.median(turn[side] for turn in seconds) for side in range(2))
            seen = _images_seen(strategy, data)
            table.add_row(name, f"{seen / minimal:.0f}", f"{seen / line:.0f}", f"{minimal / line:.2f}")
    Console(width=100).print(table)


def _draw(folder: Path, *, threads: int) -> tuple[Data, Facts]:
    drawn = generate.generate(
        folder / "ingested/images", preset="steel", images_per_class=PER_CLASS, image_size=SIZE, seed=0
    )
    dataset.write(folder / "ingested", drawn)
    split = ["val" if index % 10 == 0 else "train" for index in range(len(drawn.images))]
    assigned = pd.DataFrame({"image_id": drawn.images["image_id"], "split": split})
    style = Style(SIZE, num_views=2, policy="surface", keep_shape=False)
    (folder / "shards").mkdir()
    store.write(
        {"classifier": folder / "shards"},
        dataset.read(folder / "ingested"),
        assigned,
        {"classifier": style},
        seed=0,
        workers=threads,
    )
    facts = Facts(**FACTS, categories=drawn.labels)  # type: ignore[arg-type]
    return Data(*(shards.read_split(folder / "shards", name) for name in ("train", "val"))), facts


def _short(strategy: Strategy) -> Strategy:
    plans = [plan if plan.train == "head" else replace(plan, epochs=EPOCHS_OF_A_BODY) for plan in strategy.phases]
    return replace(strategy, phases=tuple(plans))


def _images_seen(strategy: Strategy, data: Data) -> int:
    if strategy.probe:
        return len(data.train)
    return sum(plan.epochs for plan in strategy.phases) * int(data.train.rows["image_id"].nunique())


def _tensors(facts: Facts) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return classifier.untrained(facts).state_dict()


def _line(strategy: Strategy, facts: Facts, data: Data, settings: Settings, machine: Machine) -> float:
    tensors = _tensors(facts)
    started = time.perf_counter()
    fine_tune(
        facts,
        tensors,
        strategy=strategy,
        settings=settings,
        data=data,
        machine=machine,
        seed=0,
        resume=NothingKept("bench", ""),
    )
    return time.perf_counter() - started


def _minimal(strategy: Strategy, facts: Facts, data: Data, settings: Settings, machine: Machine) -> float:
    tensors = _tensors(facts)
    started = time.perf_counter()
    facts, model = start(facts, tensors, strategy)
    if strategy.probe:
        _probe(model, facts, data, machine)
        return time.perf_counter() - started
    seconds = time.perf_counter() - started
    groups = freezing.layer_groups(model, facts.architecture)
    for phase in phases(strategy.phases, freezing.group_names(facts.architecture)):
        trained = [
            parameters for parameters, rate in zip(freezing.parameters(groups), phase.rates, strict=True) if rate
        ]
        model.requires_grad_(False)
        for parameters in trained:
            for parameter in parameters:
                parameter.requires_grad_(True)
        rates = [rate for rate in phase.rates if rate]
        optimizer = torch.optim.AdamW(
            [{"params": p, "lr": rate} for p, rate in zip(trained, rates, strict=True)], weight_decay=0.05
        )
        started = time.perf_counter()
        for epoch in range(EPOCHS_OF_A_BODY):
            _minimal_epoch(model, optimizer, facts, data, machine, epoch=epoch)
        seconds += (time.perf_counter() - started) / EPOCHS_OF_A_BODY * phase.epochs
    return seconds


def _minimal_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, facts: Facts, data: Data, machine: Machine, *, epoch: int
) -> None:
    model.train()
    plain = data.train.rows["row"].to_numpy()[data.train.rows["view"].to_numpy() == epoch % 3]
    for rows in torch.from_numpy(plain)[torch.randperm(len(plain))].split(BATCH):
        images, labels = _batch(data.train, rows.numpy(), facts)
        with machine.autocast():
            logits = model(images)
        loss = nn.functional.cross_entropy(logits.float(), labels, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], CLIP_NORM)
        optimizer.step()
        loss.item()
    model.eval()
    for _ in _answers(model, data.val, facts, machine):
        pass


def _answers(model: Callable[..., torch.Tensor], split: shards.Split, facts: Facts, machine: Machine) -> Iterator[Any]:
    with torch.inference_mode(), machine.autocast():
        for rows in split.batches(BATCH):
            images, labels = _batch(split, rows, facts)
            yield model(images).float(), labels


def _probe(model: nn.Module, facts: Facts, data: Data, machine: Machine) -> None:
    body = classifier.build_backbone(facts, model.state_dict())
    features, labels = zip(*_answers(body, data.train, facts, machine), strict=True)
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=5000))
    probe.fit(torch.cat(features).double().numpy(), torch.cat(labels).numpy())
    for _ in _answers(body, data.val, facts, machine):
        pass


def _batch(split: shards.Split, rows: Any, facts: Facts) -> tuple[torch.Tensor, torch.Tensor]:
    pixels = torch.from_numpy(split.pixels(rows))
    return normalise(pixels, mean=facts.mean, std=facts.std), torch.from_numpy(split.rows["label"].to_numpy()[rows])


if __name__ == "__main__":
    typer.run(main)
