"""Each crime is committed on an honest line, and has to be named by the audit."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from safetensors.numpy import load_file, save_file

from pipelines.audit.carrying_out import carry_out
from pipelines.audit.verdict import StageResult, Verdict
from pipelines.environment import for_stages
from tests.pipelines.audit.conftest import commit, dvc, edit

pytestmark = pytest.mark.slow


def audited(project: Path, *stages: str) -> tuple[Verdict, dict[str, StageResult]]:
    verdict = carry_out(project, "HEAD", stages)
    return verdict, {result.name: result for result in verdict.stages}


def said(result: StageResult) -> str:
    return "\n".join(result.sentences())


def recommit(project: Path) -> None:
    """Write the hashes of what lies there into dvc.lock, as if it had been made so."""
    dvc(project, "commit", "--force", "--quiet")
    assert "up to date" in dvc(project, "status")
    commit(project)


@pytest.mark.parametrize("run", range(3))
def test_an_honest_line_is_accused_of_nothing(project: Path, run: int) -> None:
    before = {
        path: path.stat().st_mtime_ns for path in project.rglob("*") if path.is_file() and ".git" not in path.parts
    }

    verdict, stages = audited(project)

    assert 0 == verdict.code, [said(stage) for stage in verdict.stages]
    assert "identical but for measured times" == verdict.word
    assert {"read": "identical", "train": "identical", "measure": "measured times"} == {
        name: stage.status for name, stage in stages.items()
    }
    assert all(stage.observed == 1 and not stage.sentences() for stage in stages.values())
    after = {
        path: path.stat().st_mtime_ns for path in project.rglob("*") if path.is_file() and ".git" not in path.parts
    }
    # Not a byte of the project, or of its cache, has changed; DVC's own folder for temporary files does not count.
    assert {p: t for p, t in before.items() if ".dvc/tmp" not in p.as_posix()} == {
        p: t for p, t in after.items() if ".dvc/tmp" not in p.as_posix()
    }


def test_an_honest_stage_alone(project: Path) -> None:
    verdict, stages = audited(project, "train")

    assert (0, ["train"]) == (verdict.code, list(stages))


def test_a_forged_metric_with_a_recommitted_lock(project: Path) -> None:
    edit(project / "made" / "metrics.json", lambda text: '{"mean": 99.0, "count": 6}')
    recommit(project)

    verdict, stages = audited(project)

    assert 1 == verdict.code
    assert ["identical", "identical", "different"] == [stage.status for stage in verdict.stages]
    assert "different: made/metrics.json: mean: recorded 99, found 382.5" in said(stages["measure"])


def test_a_forged_tensor_and_what_follows_from_it(project: Path) -> None:
    file = project / "made" / "model" / "model.safetensors"
    tensors = load_file(file)
    tensors["head.weight"][0, 4] += 1
    file.unlink()
    save_file(tensors, file)
    recommit(project)

    verdict, stages = audited(project)

    assert 1 == verdict.code
    assert "made/model/model.safetensors: tensor head.weight[0, 4]: recorded 102" not in said(stages["read"])
    assert "model.safetensors: tensor head.weight[0, 4]: recorded" in said(stages["train"])
    assert "by 1" in said(stages["train"])
    assert "identical" == stages["read"].status
    assert ["made/model (from train)"] == stages["measure"].causes
    assert "measured times" == stages["measure"].status


def test_a_small_change_is_within_the_tolerance_and_named(project: Path) -> None:
    file = project / "made" / "model" / "model.safetensors"
    tensors = load_file(file)
    tensors["head.weight"][0, 1] *= numpy.float32(1 + 1e-5)
    file.unlink()
    save_file(tensors, file)
    recommit(project)

    verdict, stages = audited(project, "train")

    assert (0, "within tolerance") == (verdict.code, verdict.word)
    assert "within tolerance: made/model/model.safetensors: tensor head.weight[0, 1]" in said(stages["train"])


def test_a_changed_image(project: Path) -> None:
    with (project / "images" / "dent" / "3.pgm").open("ab") as file:
        file.write(b"\x01")

    verdict, stages = audited(project)

    assert 1 == verdict.code
    assert "images: recorded with MD5" in said(stages["read"])
    assert "made/table.csv: row 4 (image 3), column sum: recorded '507', found '508'" in said(stages["read"])
    assert "follows" == stages["train"].status
    assert any(source.path == "images" and source.differs_for("read") for source in verdict.sources)


def test_a_changed_image_whose_hash_was_recommitted(project: Path) -> None:
    with (project / "images" / "dent" / "3.pgm").open("ab") as file:
        file.write(b"\x01")
    recommit(project)

    verdict, stages = audited(project, "read")

    assert 1 == verdict.code
    assert not stages["read"].findings
    assert "row 4 (image 3), column sum" in said(stages["read"])


def test_a_swapped_label_in_the_source(project: Path) -> None:
    (project / "images" / "dent" / "3.pgm").rename(project / "images" / "crack" / "3.pgm")
    recommit(project)

    verdict, stages = audited(project, "read")

    assert 1 == verdict.code
    assert "column label: recorded 'dent', found 'crack'" in said(stages["read"])


def test_a_swapped_label_in_a_table(project: Path) -> None:
    edit(project / "made" / "table.csv", lambda text: text.replace("5,dent", "5,crack"))
    recommit(project)

    verdict, stages = audited(project, "read")

    assert 1 == verdict.code
    assert "made/table.csv: row 6 (image 5), column label: recorded 'crack', found 'dent'" in said(stages["read"])


def test_an_edited_lock(project: Path) -> None:
    lock = (project / "dvc.lock").read_text()
    made = lock.partition("path: made/table.csv")[2].partition("md5: ")[0]
    assert "hash" in made
    md5 = lock.partition("outs:\n    - path: made/table.csv\n      hash: md5\n      md5: ")[2][:32]
    edit(project / "dvc.lock", lambda text: text.replace(f"md5: {md5}", f"md5: {'f' * 32}", 1))
    commit(project)

    verdict, stages = audited(project)

    assert 1 == verdict.code
    assert "whose bytes were not found" in said(stages["read"])
    assert f"dvc.lock contradicts itself: made/table.csv was read with MD5 {md5}, but read made it" in said(
        stages["train"]
    )


def test_edited_params_with_old_outputs(project: Path) -> None:
    edit(project / "params.yaml", lambda text: text.replace("rate: 0.5", "rate: 0.7"))
    commit(project)

    verdict, stages = audited(project)

    assert 1 == verdict.code
    assert "param train.rate: recorded 0.5, params.yaml has 0.7" in said(stages["train"])
    assert "tensor head.weight" in said(stages["train"])
    assert ("identical", "follows") == (stages["read"].status, stages["measure"].status)


def test_edited_params_with_old_outputs_and_a_recommitted_lock(project: Path) -> None:
    edit(project / "params.yaml", lambda text: text.replace("rate: 0.5", "rate: 0.7"))
    recommit(project)

    verdict, stages = audited(project, "train")

    assert 1 == verdict.code
    assert not stages["train"].findings
    assert "tensor head.weight" in said(stages["train"])


def test_edited_code_with_old_outputs(project: Path) -> None:
    edit(project / "line" / "train.py", lambda text: text + "# harmless\n")
    commit(project)

    verdict, stages = audited(project, "train")

    assert 1 == verdict.code
    assert "line/train.py: recorded with MD5" in said(stages["train"])


def test_another_version_of_a_library(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "site" / "numpy-1.0.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.0\n")
    environment = {**for_stages(), "PYTHONPATH": str(other.parent)}
    command = [sys.executable, "-m", "dvc", "repro", "--quiet", "--force", "--single-item", "train"]
    subprocess.run(command, cwd=project, env=environment, check=True)
    commit(project)

    verdict, stages = audited(project)

    assert 1 == verdict.code
    assert f"environment: packages.numpy: recorded 1.0, here {numpy.__version__}" in said(stages["train"])
    assert ("identical", "different") == (stages["read"].status, stages["train"].status)


def test_another_processor_alone_is_said_and_is_no_crime(project: Path) -> None:
    edit(project / "reports" / "environment" / "train.json", lambda text: text.replace("avx2", "avx512f"))
    recommit(project)

    verdict, stages = audited(project, "train")

    assert 0 == verdict.code
    assert "environment: cpu.features: recorded avx512f, here avx2" in said(stages["train"])


def test_weights_replaced_under_the_same_name(project: Path) -> None:
    numpy.save(project / "weights" / "body.npy", numpy.ones((2, 3), numpy.float32))

    verdict, stages = audited(project)

    assert 1 == verdict.code
    assert "weights/body.npy: recorded with MD5" in said(stages["train"])
    assert "tensor body" in said(stages["train"])
    assert ["identical", "different", "follows"] == [stage.status for stage in verdict.stages]


def test_missing_weights(project: Path) -> None:
    shutil.rmtree(project / "weights")

    verdict, stages = audited(project, "train")

    assert 1 == verdict.code
    assert "weights/body.npy: recorded with MD5" in said(stages["train"])
    assert "not run: not here: weights/body.npy" in said(stages["train"])


def test_weights_of_dvc_add_are_taken_by_their_hash(project: Path) -> None:
    (project / ".gitignore").write_text("__pycache__/\n/images/\n/made/\n/reports/\n")
    dvc(project, "add", "--quiet", "weights/body.npy")
    commit(project)
    numpy.save(project / "weights" / "body.npy", numpy.ones((2, 3), numpy.float32))

    verdict, _ = audited(project, "train")

    assert 0 == verdict.code


UNDECLARED = {
    "a file of the revision": ("Path('notes.txt').read_text()", "reads notes.txt (line/measure.py:6), which"),
    "a file that no revision has": (
        "Path('made/left.txt').read_text()",
        "reads made/left.txt (line/measure.py:6), which",
    ),
    "a file elsewhere": ("Path('{elsewhere}').read_text()", "reads {elsewhere} (line/measure.py:6), which"),
    "a file that a library opens": ("numpy.load('notes.npy')", "reads notes.npy (line/measure.py:6), which"),
    "a module": ("import line.hidden", "reads line/hidden.py (line/measure.py:6), which"),
    "a file that another program reads": (
        "subprocess.run(['cat', 'notes.txt'], check=True)",
        "reads notes.txt, which dvc.yaml does not list",
    ),
    "a variable": ("os.environ.get('SECRET')", "reads the environment variable SECRET (line/measure.py:6), which no"),
    "another way to a variable": ("os.getenv('SECRET')", "reads the environment variable SECRET (line/measure.py:6)"),
    "all variables": ("dict(os.environ)", "reads all environment variables (line/measure.py:6), which no record has"),
}


@pytest.mark.parametrize("name", UNDECLARED)
def test_an_undeclared_dependency(name: str, project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    code, expected = (text.replace("{elsewhere}", str(elsewhere)) for text in UNDECLARED[name])
    for file in (project / "notes.txt", project / "made" / "left.txt", elsewhere):
        file.write_text("not listed")
    numpy.save(project / "notes.npy", numpy.ones(2))
    (project / "line" / "hidden.py").write_text("HIDDEN = 1\n")
    imports = "import os, subprocess, numpy\n"
    edit(
        project / "line" / "measure.py",
        lambda text: (
            imports
            + text.replace("\n\ntensors", f"\n{code}\ntensors").replace("import json, time", "import json, time")
        ),
    )
    dvc(project, "repro", "--quiet")
    commit(project)

    verdict, stages = audited(project, "measure")

    assert 1 == verdict.code
    assert [expected] == [
        sentence for sentence in stages["measure"].sentences() if expected in sentence
    ] or expected in (said(stages["measure"]))
    assert 1 == len(stages["measure"].undeclared), said(stages["measure"])


def test_a_stage_that_fails_is_not_carried_out(project: Path) -> None:
    edit(project / "line" / "measure.py", lambda text: f"raise SystemExit(3)\n{text}")
    dvc(project, "commit", "--force", "--quiet", "measure")
    commit(project)

    verdict, stages = audited(project, "measure")

    assert 2 == verdict.code
    assert "failed to reproduce 'measure'" in said(stages["measure"])


def test_inputs_that_are_nowhere(project: Path) -> None:
    shutil.rmtree(project / ".dvc" / "cache")
    shutil.rmtree(project / "made")

    verdict, stages = audited(project, "measure")

    assert 2 == verdict.code
    assert "neither in the project's DVC cache nor in its workspace: made/" in said(stages["measure"])


def test_without_a_cache_an_honest_line_is_still_identical(project: Path) -> None:
    shutil.rmtree(project / ".dvc" / "cache")
    shutil.rmtree(project / "made")
    shutil.rmtree(project / "reports")

    verdict, stages = audited(project, "read", "train")

    assert 0 == verdict.code
    assert ["identical", "identical"] == [stage.status for stage in stages.values()]


@pytest.mark.parametrize("kind", ["absolute", "link"])
def test_sources_outside_of_the_project(kind: str, project: Path, tmp_path: Path) -> None:
    there = tmp_path / "elsewhere"
    (project / "images").rename(there)
    if kind == "link":
        (project / "images").symlink_to(there)
    else:
        edit(project / "dvc.yaml", lambda text: text.replace("[images,", f"[{there},"))
        edit(project / "line" / "read.py", lambda text: text.replace('Path("images")', f"Path({str(there)!r})"))
    dvc(project, "repro", "--quiet", "read")
    commit(project)

    assert 0 == audited(project, "read")[0].code

    (there / "crack" / "0.pgm").write_bytes(b"P5 2 2 255\n1234")
    verdict, stages = audited(project, "read")

    assert 1 == verdict.code
    assert f"{there if kind == 'absolute' else 'images'}: recorded with MD5" in said(stages["read"])


def test_a_folder_in_which_several_stages_write(project: Path) -> None:
    (project / "line" / "count.py").write_text(
        "from pathlib import Path\n"
        "Path('count.txt').write_text(str(len(list(Path('reports/environment').iterdir()))))\n"
    )
    count = "  count:\n    cmd: python -m line.count\n    deps: [reports/environment, line/count.py]\n"
    edit(project / "dvc.yaml", lambda text: f"{text}{count}    outs: [count.txt]\n")
    dvc(project, "repro", "--quiet", "count")
    (project / ".gitignore").write_text("__pycache__/\n/images/\n/weights/\n/made/\n/reports/\n/count.txt\n")
    commit(project)
    shutil.rmtree(project / "reports")

    verdict, stages = audited(project, "count")

    assert (0, "identical") == (verdict.code, stages["count"].status), said(stages["count"])
