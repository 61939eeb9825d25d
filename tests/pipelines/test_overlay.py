from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ParamsError
from pipelines.overlay import Change, applied, changes

CURRENT: dict[str, Any] = {
    "train": {"epochs": 3, "lr": 0.1, "name": "sgd", "sizes": [1, 2], "pattern": None, "augment": True},
    "ingest": {"findings": {"empty": "fail", "alpha": "fix"}, "mapping": {}},
    "runtime": {"seed": 0},
}


def test_files_come_first_and_settings_win(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("train: {epochs: 5, lr: 1}\nruntime: {seed: 0}\n", encoding="utf-8")
    second.write_text("train:\n  epochs: 6\n", encoding="utf-8")

    found = changes(CURRENT, [first, second], ["train.epochs=7", "train.sizes=[3]", "train.name=null"])

    assert {
        Change(("train", "epochs"), 3, 7),
        Change(("train", "lr"), 0.1, 1.0),
        Change(("train", "name"), "sgd", None),
    } == {change for change in found if change.path[1] != "sizes"}
    assert Change(("train", "sizes"), [1, 2], [3]) in found
    assert 3 == CURRENT["train"]["epochs"]
    assert 7 == applied(CURRENT, found)["train"]["epochs"]


def test_mappings_are_merged() -> None:
    (change,) = changes(CURRENT, [], ["ingest.findings={empty: drop}"])

    assert Change(("ingest", "findings", "empty"), "fail", "drop") == change
    assert {"empty": "drop", "alpha": "fix"} == applied(CURRENT, [change])["ingest"]["findings"]
    assert "fail" == CURRENT["ingest"]["findings"]["empty"]


def test_an_empty_mapping_takes_any_key() -> None:
    assert [Change(("ingest", "mapping"), {}, {"a": "b"})] == changes(CURRENT, [], ["ingest.mapping={a: b}"])


@pytest.mark.parametrize(
    ("setting", "value"),
    [("train.lr=1e-3", 0.001), ("train.lr=2", 2.0), ("train.pattern=3", 3), ("train.pattern=a=b", "a=b")],
)
def test_values_take_the_type_they_replace(setting: str, value: object) -> None:
    (change,) = changes(CURRENT, [], [setting])

    assert value == change.new
    assert type(value) is type(change.new)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("trian.epochs=1", r"params.yaml has no section trian; did you mean train\?"),
        ("train.epoch=1", r"params.yaml has no key train.epoch; did you mean train.epochs\?"),
        ("train.zzz=1", r"no key train.zzz; it has: epochs, lr, name"),
        ("ingest.findings.emty=fail", r"no key ingest.findings.emty; did you mean ingest.findings.empty\?"),
        ("train.epochs=many", r"--set train.epochs=many: train.epochs: found 'many' \(text\), expected a whole number"),
        ("train.epochs=2.0", r"found 2.0 \(a number\), expected a whole number"),
        ("train.epochs=true", r"found True \(true or false\), expected a whole number"),
        ("train.lr=fast", r"found 'fast' \(text\), expected a number"),
        ("train.name=1", r"found 1 \(a whole number\), expected text"),
        ("train.sizes=1", r"found 1 \(a whole number\), expected a list"),
        ("train=1", r"expected section.key=value"),
        ("train.epochs", r"expected section.key=value"),
        ("train.sizes=[1", r"not valid YAML"),
        ("train={epochs: 1}", r"expected section.key=value"),
        ("ingest.findings=fail", r"found 'fail' \(text\), expected a mapping"),
    ],
)
def test_mistakes_are_named(setting: str, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        changes(CURRENT, [], [setting])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "expected sections"),
        ("a: [", "not valid YAML"),
        ("train: 3\n", "expected a mapping"),
        (None, "not found"),
    ],
)
def test_files_with_mistakes_are_named(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "overlay.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    with pytest.raises(ParamsError, match=message) as caught:
        changes(CURRENT, [file], [])
    assert str(caught.value).startswith(str(file))
