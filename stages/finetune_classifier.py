"""Train the classifier by the strategy named in params."""

from pathlib import Path

from stages.entry import main
from stages.params import Params, Runtime
from stages.recipe import RecipeParams, Strategies
from transfer import checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.training import history
from transfer.training.finetuning import Data, fine_tune
from transfer.training.resume import Resume, work_key


class FinetuneClassifierParams(Params):
    """`strategy` is a name of the section `strategies`."""

    strategy: str


def run(
    params: FinetuneClassifierParams,
    recipe: RecipeParams,
    strategies: Strategies,
    runtime: Runtime,
    *,
    data: Path = Path("data/augmented/classifier"),
    warmed: Path = Path("models/warmed_classifier"),
    tuned: Path = Path("models/classifier"),
    curve: Path = Path("reports/training/classifier.csv"),
) -> None:
    """Write the classifier of the best validation epoch and the curve of its training."""
    strategy = strategies.named(params.strategy)
    machine = machines.prepare(**runtime.model_dump())
    resume = Resume("finetune_classifier", work_key(strategy, recipe, runtime, inputs=(data, warmed)))
    facts, tensors = checkpoint.load(warmed)
    done = fine_tune(
        facts,
        tensors,
        strategy=strategy,
        settings=recipe.settings(fp16=machine.precision == "fp16"),
        data=Data(shards.read_split(data, "train"), shards.read_split(data, "val")),
        machine=machine,
        seed=runtime.seed,
        resume=resume,
    )
    entry = {"stage": "finetune_classifier", "strategy": params.strategy, "epochs": len(done.history)}
    history.write(curve, done.history)
    checkpoint.save(tuned, done.facts.extended({**entry, **machine.facts()}), done.model.state_dict())
    resume.clear()


if __name__ == "__main__":
    main(run)
