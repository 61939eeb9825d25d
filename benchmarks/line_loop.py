"""The same work as this line does it: decode and augment once, train the head on features; or fine-tune."""

import json
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from transfer import runtime
from transfer.checkpoint import Facts
from transfer.data.dataset import read
from transfer.data.views import shards, store
from transfer.data.views.rendering import Style
from transfer.models import classifier, freezing, zoo
from transfer.training import features, loop, optimizers, resume
from transfer.training.classification import ClassificationTask, Regularisation
from transfer.training.resume import Resume
from transfer.training.stepping import Stepper
from transfer.training.strategies import Phase

EPOCHS = 20
RECIPE = loop.plain(weight_decay=0.01, clip_norm=1.0, warmup=0.1, patience=EPOCHS)


def warmup_seconds(ingested: Path, work: Path, *, size: int, threads: int) -> dict[str, float]:
    """Time what the stages augment_data and warmup_classifier do, for 20 epochs on two augmented views."""
    machine = runtime.prepare(seed=0, threads=threads, device="cpu", precision="auto")
    started = time.perf_counter()
    facts = _store(ingested, work, size=size, threads=threads)
    stored = time.perf_counter()
    body = classifier.build_backbone(facts, zoo.build("resnet18", nn.Identity()).state_dict())
    train = features.extract(body, shards.read_split(work, "train"), facts, machine, batch_size=16)
    extracted = time.perf_counter()
    head = classifier.head(facts)
    task = features.FeatureTask(train, (train[0][:64], train[1][:64]), batch_size=128, seed=0)
    phases = [Phase("head", EPOCHS, (0.003,))]
    loop.fit(head, task, groups=[[head]], phases=phases, recipe=RECIPE, seed=0, resume=Resume("bench_head", "warmup"))
    return {
        "decode_and_augment": stored - started,
        "features": extracted - stored,
        "epochs": time.perf_counter() - extracted,
    }


def finetune_seconds(ingested: Path, work: Path, *, size: int, threads: int) -> dict[str, float]:
    """Time the second of two epochs of the stage finetune_classifier, all layers training."""
    machine = runtime.prepare(seed=0, threads=threads, device="cpu", precision="auto")
    facts = _store(ingested, work, size=size, threads=threads)
    torch.manual_seed(0)
    model = classifier.build_classifier(facts, zoo.build("resnet18", classifier.head(facts)).state_dict())
    split = shards.read_split(work, "train")
    regularisation = Regularisation(label_smoothing=0.1)
    task = ClassificationTask(split, shards.read_split(work, "val"), facts, machine, 32, regularisation, 0)
    groups = freezing.layer_groups(model, "resnet18")
    freezing.train_only(model, groups, [True] * len(groups))
    phase = Phase("all", 2, (0.001,) * len(groups))
    optimizer = optimizers.build(RECIPE.optimizer, freezing.parameters(groups), phase.rates)
    stepper = Stepper(model, task, optimizer, RECIPE.steps)
    for epoch in range(2):
        started = time.perf_counter()
        progress = loop.Progress(history=[{}] * epoch)
        loop.train_epoch(task, stepper, phase=phase, recipe=RECIPE, progress=progress)
        seconds = time.perf_counter() - started
    return {"epoch": seconds}


def _store(ingested: Path, work: Path, *, size: int, threads: int) -> Facts:
    data = read(ingested)
    assigned = pd.DataFrame({"image_id": data.images["image_id"], "split": "train"})
    style = Style(size, num_views=2, policy="surface", keep_shape=False)
    store.write({"classifier": work}, data, assigned, {"classifier": style}, seed=0, workers=threads)
    return Facts(
        kind="classifier",
        architecture="resnet18",
        categories=data.labels,
        image_size=size,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )


if __name__ == "__main__":
    folder, job, size, threads = sys.argv[1:]
    measure = {"warmup": warmup_seconds, "finetune": finetune_seconds}[job]
    with tempfile.TemporaryDirectory() as name:
        resume.FOLDER = Path(name) / "resume"
        shards_folder = Path(name) / "shards"
        shards_folder.mkdir()
        print(json.dumps(measure(Path(folder), shards_folder, size=int(size), threads=int(threads))))
