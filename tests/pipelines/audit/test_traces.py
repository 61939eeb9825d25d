import json
from pathlib import Path

from pipelines.audit import traces


def step(number: int, loss: float = 1.0, **digests: str) -> dict[str, object]:
    return {"epoch": 1, "step": number, "loss": loss, "events": [[k.replace("_", " "), v] for k, v in digests.items()]}


def test_equal_traces_do_not_part() -> None:
    trace = [step(1, layer_a="x"), step(2, layer_a="y")]

    assert traces.parting(trace, list(trace)) is None


def test_the_first_thing_in_the_first_step_is_named() -> None:
    first = [step(1, layer_a="x", layer_b="y"), step(2, layer_a="x", layer_b="y", gradient_b="z"), step(3)]
    second = [step(1, layer_a="x", layer_b="y"), step(2, layer_a="x", layer_b="Y", gradient_b="Z"), step(3, 2.0)]

    assert "step 2 (epoch 1, step 2 of it): layer b" == traces.parting(first, second)


def test_a_loss_alone_a_length_and_an_order() -> None:
    assert "step 1 (epoch 1, step 1 of it): loss 1.0 and 2.0" == traces.parting([step(1)], [step(1, 2.0)])
    assert "step 2: one run ended after 2 steps, one after 1" == traces.parting([step(1), step(2)], [step(1)])
    sentence = traces.parting([step(1, layer_a="x")], [step(1, layer_b="x")])
    assert sentence == "step 1 (epoch 1, step 1 of it): one run comes to layer a, the other to layer b"


def test_a_stage_that_does_not_train_has_no_trace(tmp_path: Path) -> None:
    assert [] == traces.read(tmp_path)
    (tmp_path / traces.FILE).parent.mkdir()
    (tmp_path / traces.FILE).write_text(json.dumps(step(1)) + "\n")
    assert [step(1)] == traces.read(tmp_path)
