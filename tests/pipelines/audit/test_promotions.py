from pathlib import Path

import pytest

from pipelines.audit import carrying_out, promotions
from pipelines.audit.record import Asked, Entry
from pipelines.release import log
from pipelines.store import files_of, md5_of_file, md5_of_folder
from tests.pipelines.audit.conftest import commit, dvc, edit

README = "who is the champion\n"
STAGE = """\
  page:
    cmd: python -m line.page
    deps: [release, line/page.py]
    outs: [made/champion.html]
"""
CODE = """\
from pathlib import Path

log = Path("release/log.jsonl")
count = len(log.read_text().splitlines()) if log.is_file() else 0
Path("made").mkdir(exist_ok=True)
Path("made/champion.html").write_text(f"{count} decisions")
"""


def decided(times: int) -> str:
    text = ""
    for number in range(times):
        text += log.line_for({"decision": "promoted", "bundle": {"name": "steel", "version": str(number)}}, text)
    return text


def hashed(folder: Path) -> str:
    return md5_of_folder({name: md5_of_file(file) for name, file in files_of(folder).items()})


def reads(recorded: str) -> Asked:
    entry = Entry("run", {"release": recorded}, {}, {})
    return Asked("page", "page", "dvc.yaml", ".", "run", ("release",), ("release",), {}, (), (), (), entry)


def written(folder: Path, text: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "README.md").write_text(README)
    if text:
        (folder / "log.jsonl").write_text(text)
    return hashed(folder)


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_the_log_is_what_the_stage_had_read(tmp_path: Path, times: int) -> None:
    recorded = written(tmp_path / "then", decided(times))
    written(tmp_path / "release", decided(3))

    promotions.rewind(tmp_path, [reads(recorded)])

    assert recorded == hashed(tmp_path / "release")


def test_a_log_that_never_was_the_recorded_one_stays(tmp_path: Path) -> None:
    edited = decided(1).replace("steel", "brass")
    recorded = written(tmp_path / "then", edited)
    now = written(tmp_path / "release", decided(2))

    promotions.rewind(tmp_path, [reads(recorded)])

    assert now == hashed(tmp_path / "release")


def test_a_broken_log_stays(tmp_path: Path) -> None:
    recorded = written(tmp_path / "then", decided(1))
    now = written(tmp_path / "release", decided(1) + "{}\n")

    promotions.rewind(tmp_path, [reads(recorded)])

    assert now == hashed(tmp_path / "release")


@pytest.mark.slow
def test_a_promotion_after_the_run_is_no_difference(project: Path) -> None:
    edit(project / "dvc.yaml", lambda text: text + STAGE)
    (project / "line/page.py").write_text(CODE)
    written(project / "release", "")
    dvc(project, "repro", "--quiet")
    commit(project)
    (project / "release/log.jsonl").write_text(decided(1))
    commit(project)

    verdict = carrying_out.carry_out(project, "HEAD", ["page"])

    assert (verdict.code, verdict.word) == (0, "identical")
