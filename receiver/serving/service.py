"""A bundle that was found good, served."""

import json
from pathlib import Path

from receiver.serving import application, logs, server
from receiver.serving.answers import Facts, Task
from receiver.serving.limits import Limits
from receiver.standalone import predict, verify


def run(bundle: Path, limits: Limits, *, host: str, port: int, threads: int) -> None:
    """Check the bundle, load its models, and serve them until told to stop.

    Raises:
        BadBundle, BundleError: the bundle is not as it was packed, or cannot be loaded.
        UsageError: the server cannot listen there.
    """
    # Once loaded the models are in memory; nothing of the bundle is read any more.
    with verify.opened(bundle) as folder:
        models = {task: predict.load(folder, task, threads) for task in predict.tasks(folder)}
        facts = _facts(folder, models, digest=verify.digest(bundle))
    logs.say("bundle loaded", **facts.model_dump(exclude={"tasks"}), tasks=list(models))
    app, gate = application.build(models, facts, limits, threads=threads)
    server.serve(app, gate, limits, host=host, port=port)


def _facts(folder: Path, models: dict[str, predict.Model], *, digest: str) -> Facts:
    description = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    tasks = {task: Task(categories=model.categories, threshold=model.threshold) for task, model in models.items()}
    return Facts(name=str(description["name"]), version=str(description["version"]), digest=digest, tasks=tasks)
