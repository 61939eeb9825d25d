"""The three stages that pack a bundle, on drawn pictures and models of a few bytes."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from pydantic import ValidationError

from receiver.standalone import verify
from stages import package_classifier, package_detector, package_handoff
from stages.handoff import HandoffParams
from tests.transfer.handoff import drawn
from transfer.errors import ParamsError

PARAMS = {
    "name": "tiny",
    "version": "1.2.3",
    "texts": {
        "written_for": {"root": "data/ingested/images", "classes": drawn.CLASSES},
        "title": "Tiny models",
        "summary": "Answer by the mean colour.",
        "intended_use": "Tests | and only tests.",
        "out_of_scope": "All else.",
        "limits": ("They know three colours.",),
        "licence": "Apache-2.0",
        "data_licence": "none",
        "contact": "nobody",
    },
    "licence_file": "LICENSE",
    "thresholds": {"classification": 0.5, "detection": 0.3},
    "golden": {"inputs": 4, "probability": 0.001, "score": 0.001, "pixels": 0.5},
    "resamples": 20,
    "seed": 0,
}
BUNDLE, ZIP = Path("handoff/bundle"), Path("handoff/bundle.zip")


@pytest.fixture(autouse=True)
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    drawn.make()
    for folder in ("stages", "transfer", "receiver"):
        Path(folder).mkdir()
        Path(folder, "a.py").write_text("1\n")
    Path("LICENSE").write_text("Do as you like.\n")
    Path("requirements.lock").write_text("numpy==2.0 \\\n    --hash=sha256:0\ntorch==2.0\nnot-for-this-system==1\n")


def params(**changes) -> HandoffParams:
    return HandoffParams.model_validate({**PARAMS, **changes})


def texts(**changes) -> dict:
    return {**PARAMS["texts"], **changes}


def test_the_bundle_is_good_and_its_golden_inputs_are_answered(capsys) -> None:
    package_handoff.run(params())

    assert verify.verify(BUNDLE) == []
    assert verify.verify(ZIP) == []
    assert verify.golden(BUNDLE) == []
    assert "handoff/bundle: tiny 1.2.3," in capsys.readouterr().err
    described = json.loads((BUNDLE / "bundle.json").read_text())
    assert ["classification", "detection"] == list(described["tasks"])
    assert (0.5, 0.3) == tuple(task["threshold"] for task in described["tasks"].values())
    assert ["images", "image"] == [task["input"]["name"] for task in described["tasks"].values()]
    assert all((BUNDLE / task[key]).is_file() for task in described["tasks"].values() for key in ("onnx", "weights"))


def test_the_folder_is_the_zip_and_both_are_the_same_again() -> None:
    package_handoff.run(params())
    first = ZIP.read_bytes()
    with zipfile.ZipFile(ZIP) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    package_handoff.run(params())

    assert first == ZIP.read_bytes()
    files = {path.relative_to(BUNDLE).as_posix(): path for path in BUNDLE.rglob("*") if path.is_file()}
    assert inside == {name: path.read_bytes() for name, path in files.items()}
    assert sorted(inside) == list(inside)


def test_other_tools_read_its_checksums() -> None:
    package_handoff.run(params())

    done = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=BUNDLE, check=False)
    assert done.returncode == 0


def test_it_checks_itself_where_nothing_of_ours_is(tmp_path: Path) -> None:
    package_handoff.run(params())
    shutil.move(BUNDLE, tmp_path / "elsewhere")

    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "elsewhere/verify.py")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "all golden inputs were answered as expected" in done.stdout


def test_golden_inputs_are_of_every_class_and_of_odd_shapes() -> None:
    package_handoff.run(params())

    expected = json.loads((BUNDLE / "golden/expected.json").read_text())
    kinds = [entry["kind"] for entry in expected["inputs"]]
    assert ["image", "gray", "tall", "wide", "image", "image", "image"] == kinds
    assert {"crack", "dent", "scratch"} == {entry["classification"]["label"] for entry in expected["inputs"]}
    assert any(entry["detection"]["boxes"] for entry in expected["inputs"])


def test_the_card_has_the_texts_the_figures_and_the_intervals() -> None:
    package_handoff.run(params())

    card = (BUNDLE / "MODEL_CARD.md").read_text()
    assert "| Intended use | Tests \\| and only tests. |" in card
    assert "- They know three colours.\n" in card
    # Six of six: Wilson's lower end is 1 / (1 + 1.96^2 / 6).
    assert "| accuracy | 1.0000 | 0.6097 to 1.0000 |" in card
    assert "| crack | 2 | 1.0000 | 0.3424 to 1.0000 | 1.0000 | 0.3424 to 1.0000 | 1.0000 |" in card
    assert "with findings: 2 odd (warn)." in card
    assert "- classification: fetch_backbone (from none), finetune_classifier.\n" in card
    assert "{{" not in card
    assert "\n\n\n\n" not in card


def test_the_lineage_says_what_it_was_made_of() -> None:
    record = Path("reports/environment/ingest_data.json")
    record.parent.mkdir()
    record.write_text("{}")
    Path("dvc.lock").write_text(
        yaml.safe_dump(
            {
                "stages": {
                    "ingest_data": {
                        "cmd": "a",
                        "outs": [{"path": "data/ingested"}, {"path": record.as_posix()}],
                        "deps": [{"path": "data/raw"}],
                        "params": {"params.yaml": {"ingest_data": {"source": "drawn"}, "strategies.full": {"rate": 1}}},
                    },
                    "advise": {"cmd": "b", "deps": [{"path": "data/ingested"}], "outs": [{"path": "reports/advice"}]},
                }
            }
        )
    )
    package_handoff.run(params())

    recorded = json.loads((BUNDLE / "lineage/dvc.lock.json").read_text())
    lineage = json.loads((BUNDLE / "lineage/lineage.json").read_text())
    assert ["ingest_data.json"] == [path.name for path in (BUNDLE / "lineage/environment").iterdir()]
    assert ["ingest_data"] == list(recorded) == lineage["stages"]
    assert lineage["data"]["fingerprint"] == "0123456789abcdef0123"
    assert ["none"] == [entry["source"] for entry in lineage["weights"]["detection"] if "source" in entry]
    values = yaml.safe_load((BUNDLE / "lineage/params.yaml").read_text())
    assert {"ingest_data": {"source": "drawn"}, "strategies": {"full": {"rate": 1}}} == {
        name: values[name] for name in values if name != "package_handoff"
    }
    assert values["package_handoff"] == params().model_dump(mode="json")


def test_changed_code_is_another_lineage() -> None:
    package_handoff.run(params())
    before = json.loads((BUNDLE / "lineage/lineage.json").read_text())["code"]
    Path("transfer/a.py").write_text("2\n")
    package_handoff.run(params())

    after = json.loads((BUNDLE / "lineage/lineage.json").read_text())["code"]
    assert {"transfer"} == {name for name in before if before[name] != after[name]}


def test_the_bill_of_materials_tells_what_is_needed_from_what_made_it() -> None:
    package_handoff.run(params())

    text = (BUNDLE / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert "timestamp" not in text
    bill = json.loads(text)
    components = bill["components"]
    needs = {entry["ref"].partition("@")[0]: entry.get("dependsOn", []) for entry in bill["dependencies"]}
    assert [ref.partition("@")[0] for ref in needs["application:tiny"]] == [
        "machine-learning-model:classifier",
        "machine-learning-model:detector",
    ]
    assert ["library:numpy"] == [ref.partition("@")[0] for ref in needs["machine-learning-model:detector"]]
    scopes = {component["name"]: component["scope"] for component in components}
    assert {
        "classifier": "required",
        "detector": "required",
        "numpy": "required",
        "torch": "excluded",
        "training-data": "excluded",
    } == scopes


@pytest.mark.parametrize(("stage", "task"), [(package_classifier, "classification"), (package_detector, "detection")])
def test_one_model_is_handed_over_where_there_is_no_other(stage, task: str) -> None:
    what, other = {"classification": ("classifier", "detector"), "detection": ("detector", "classifier")}[task]
    for path in (Path("models", other), Path("reports", other)):
        shutil.rmtree(path)
    stage.run(params())

    bundle = Path("handoff", what)
    assert verify.verify(bundle) == verify.golden(bundle) == []
    assert [task] == list(json.loads((bundle / "bundle.json").read_text())["tasks"])
    card = (bundle / "MODEL_CARD.md").read_text()
    assert ("## Classification" in card, "## Detection" in card) == (what == "classifier", what == "detector")


@pytest.mark.parametrize("name", ["title", "summary", "intended_use", "out_of_scope", "licence", "contact"])
def test_what_only_a_person_can_say_must_not_be_empty(name: str) -> None:
    with pytest.raises(ParamsError, match=rf"some are empty(.|\n)*Write for this data: {name}\.\n.*docs/handoff\.md"):
        package_handoff.run(params(texts=texts(**{name: "  "})))

    assert not BUNDLE.exists()


def test_limits_must_not_be_empty() -> None:
    for limits in ((), ("One.", "")):
        with pytest.raises(ParamsError, match="Write for this data: limits"):
            package_handoff.run(params(texts=texts(limits=limits)))


@pytest.mark.parametrize(
    "other",
    [{"root": "data/raw/strips", "classes": drawn.CLASSES}, {"root": "data/ingested/images", "classes": ("leaf",)}],
)
def test_texts_for_other_data_are_refused(other: dict) -> None:
    with pytest.raises(ParamsError) as caught:
        package_handoff.run(params(texts=texts(written_for=other)))

    message = str(caught.value)
    assert f"these were written for {other['root']} with the classes {', '.join(other['classes'])};" in message
    assert "the data here is data/ingested/images with the classes crack, dent, scratch." in message
    assert "title, summary, intended_use" in message
    assert "the next run only packs" in message


def test_a_threshold_below_the_detectors_own_is_refused() -> None:
    with pytest.raises(ParamsError, match=r"thresholds\.detection: found 0\.01; the detector itself drops .* 0\.05"):
        package_handoff.run(params(thresholds={"classification": 0.5, "detection": 0.01}))


@pytest.mark.parametrize(
    ("key", "value"),
    [("name", "Tiny Models"), ("name", ""), ("version", "1.2"), ("version", "01.2.3"), ("resamples", 0)],
)
def test_names_and_versions_that_tools_cannot_read_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        params(**{key: value})


def test_a_failed_packing_leaves_the_old_bundle() -> None:
    package_handoff.run(params())
    before = ZIP.read_bytes()
    Path("reports/parity/detector.json").unlink()
    with pytest.raises(FileNotFoundError):
        package_handoff.run(params(version="2.0.0"))

    assert before == ZIP.read_bytes()
    assert verify.verify(BUNDLE) == []
    assert ["bundle", "bundle.zip"] == sorted(path.name for path in Path("handoff").iterdir())
