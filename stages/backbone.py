"""Where a pretrained backbone comes from: torchvision or timm, a file, a bundle, a formula, or nowhere."""

from pathlib import Path

from pydantic import Field, PositiveFloat, PositiveInt

from receiver.progress import say
from stages.params import Params, Runtime
from transfer import checkpoint
from transfer import runtime as machines
from transfer.models import weights
from transfer.models.weights import Weights
from transfer.training import pretraining
from transfer.training.resume import Resume, work_key

TORCHVISION = "torchvision:"
TIMM = "timm:"


class FormulaParams(Params):
    """How the backbone is pretrained with `source: formula`."""

    num_images: PositiveInt
    image_size: int = Field(ge=32)
    batch_size: int = Field(ge=2)
    learning_rate: PositiveFloat
    weight_decay: float = Field(ge=0)


class BackboneParams(Params):
    """`mean` and `std` are for the sources that do not know their own: formula, none, and a file of weights."""

    architecture: str
    source: str = Field(pattern=r"^(formula|none|file|bundle|torchvision:.+|timm:.+)$")
    file: str
    mean: tuple[float, float, float]
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat]
    formula: FormulaParams


def fetch(params: BackboneParams, runtime: Runtime, backbone: Path, *, stage: str) -> None:
    """Write the backbone's tensors, without a head, and where they come from: the lineage starts with `stage`."""
    machine = machines.prepare(**runtime.model_dump())
    # Several may be fetched at the same time.
    resume = Resume(f"fetch_{backbone.name}", work_key(params, runtime, inputs=()))
    found = _weights(params, machine, seed=runtime.seed, resume=resume)
    entry = {"stage": stage, "source": params.source, **found.origin}
    facts = checkpoint.Facts(
        kind="backbone",
        architecture=params.architecture,
        mean=found.mean,
        std=found.std,
        build={} if len(found.mean) == checkpoint.RGB else {"channels": len(found.mean)},
        lineage=(*found.lineage, entry),
    )
    checkpoint.save(backbone, facts, found.tensors)
    resume.clear()


def _weights(params: BackboneParams, machine: machines.Machine, *, seed: int, resume: Resume) -> Weights:
    if params.source.startswith(TORCHVISION):
        return weights.from_torchvision(params.source.removeprefix(TORCHVISION), params.architecture)
    if params.source.startswith(TIMM):
        return weights.from_timm(params.source.removeprefix(TIMM), params.architecture)
    if params.source == "file":
        return weights.from_path(Path(params.file), params.architecture, mean=params.mean, std=params.std)
    if params.source == "bundle":
        return weights.from_bundle(Path(params.file), params.architecture)
    if params.source == "none":
        return weights.random(params.architecture, seed=seed, mean=params.mean, std=params.std)
    return _pretrained(params, machine, seed=seed, resume=resume)


def _pretrained(params: BackboneParams, machine: machines.Machine, *, seed: int, resume: Resume) -> Weights:
    formula = params.formula
    say(f"pretraining {params.architecture} on {formula.num_images:,} formula-generated images")
    task = pretraining.FormulaTask(
        num_images=formula.num_images,
        image_size=formula.image_size,
        batch_size=formula.batch_size,
        seed=seed,
        machine=machine,
        mean=params.mean,
        std=params.std,
    )
    tensors, loss = pretraining.pretrain(
        params.architecture, task, learning_rate=formula.learning_rate, weight_decay=formula.weight_decay, resume=resume
    )
    origin = {
        "seed": seed,
        "num_images": task.num_epochs() * task.num_batches() * task.batch_size,
        "loss": loss,
        **machine.facts(),
    }
    return Weights(tensors, params.mean, params.std, origin)
