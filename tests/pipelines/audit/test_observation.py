import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pipelines.audit import access, observation
from pipelines.audit.observation import Declared, Observation
from pipelines.audit.record import Asked
from pipelines.audit.rerun import OBSERVER


def asked(
    name: str = "train", deps: tuple[str, ...] = ("data", "train.py"), outs: tuple[str, ...] = ("made",)
) -> Asked:
    return Asked(name, name, "dvc.yaml", ".", "true", deps, deps, {}, outs, (), ("params.yaml",))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    for path in ("data/a.txt", "made/b.txt", "notes.txt", "params.yaml", "package/other.py"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("1\n")
    (project / "package" / "__init__.py").touch()
    return project


def observe(project: Path, code: str, stage: Asked | None = None, **variables: str) -> Observation:
    """Run the code as a stage's, and judge it."""
    (project / "train.py").write_text(dedent(code), encoding="utf-8")
    folder, temporary = project.parent / "observed", project.parent / "tmp"
    folder.mkdir()
    temporary.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        **variables,
        "PYTHONPATH": str(OBSERVER),
        "TMPDIR": str(temporary),
        "TRANSFERLINE_OBSERVED": str(folder),
        "TRANSFERLINE_PROJECT": str(project),
        "TRANSFERLINE_DECLARED": os.pathsep.join((str(project / "data"), str(project / "train.py"))),
        "DVC_STAGE": "train",
    }
    subprocess.run([sys.executable, "train.py"], cwd=project, env=environment, check=True)
    declared = Declared(stage or asked(), project, temporary=temporary, home=project.parent / "home")
    return observation.judge(observation.read(folder), declared=declared, project=project, variables={"KNOWN"})


def said(observed: Observation) -> list[str]:
    return [str(undeclared) for undeclared in observed.undeclared]


def test_what_is_declared_may_be_read(project: Path) -> None:
    observed = observe(
        project,
        """
        import importlib, json, os, tempfile
        from pathlib import Path
        for path in ("data/a.txt", "params.yaml"):
            Path(path).read_text()
        Path("made/c.txt").write_text("x")
        Path("made/c.txt").read_text()
        Path("left.txt").write_text("x")
        Path("left.txt").read_text()
        Path("beside").mkdir()
        Path("beside/d.txt").write_text("x")
        os.rename("beside", "renamed")
        Path("renamed/d.txt").read_text()
        with tempfile.TemporaryFile() as file:
            file.read()
        Path.home()
        os.environ.get("KNOWN")
        os.environ["OURS"] = "x"
        import package
        """,
    )

    assert (1, []) == (observed.processes, said(observed))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("open('notes.txt').read()", "reads notes.txt (train.py:3), which dvc.yaml does not list"),
        ("open('/proc/../{elsewhere}').read()", "reads {elsewhere} (train.py:3), which dvc.yaml does not list"),
        ("os.open('notes.txt', os.O_RDONLY)", "reads notes.txt (train.py:3), which dvc.yaml does not list"),
        ("json.load(open('notes.txt', 'r+'))", "reads notes.txt (train.py:3), which dvc.yaml does not list"),
        ("import package.other", "reads package/other.py (train.py:3), which dvc.yaml does not list"),
        ("os.environ['SECRET']", "reads the environment variable SECRET (train.py:3), which no record has"),
        ("'SECRET' in os.environ", "reads the environment variable SECRET (train.py:3), which no record has"),
        ("os.environb[b'SECRET']", "reads the environment variable SECRET (train.py:3), which no record has"),
        ("{**os.environ}", "reads all environment variables (train.py:3), which no record has"),
        ("os.environ.copy()", "reads all environment variables (train.py:3), which no record has"),
        (
            "subprocess.run([sys.executable, '-c', 'open(\"notes.txt\")'])",
            "reads notes.txt, which dvc.yaml does not list",
        ),
        ("os.fork() or (open('notes.txt'), os._exit(0)); os.wait()", "reads notes.txt (train.py:3), which dvc.yaml"),
    ],
)
def test_what_is_not_declared_is_named_with_its_line(line: str, expected: str, project: Path) -> None:
    elsewhere = project.parent / "elsewhere.txt"
    elsewhere.write_text("1")
    line, expected = (text.replace("{elsewhere}", str(elsewhere)) for text in (line, expected))

    observed = observe(project, f"\nimport json, os, subprocess, sys\n{line}\n", SECRET="x")

    assert 1 == len(said(observed))
    assert said(observed)[0].startswith(expected)


def test_a_file_that_is_read_and_then_written_is_still_read(project: Path) -> None:
    observed = observe(project, "open('notes.txt').read()\nopen('notes.txt', 'w').write('2')")

    assert ["reads notes.txt (train.py:1), which dvc.yaml does not list"] == said(observed)


def test_a_file_that_is_not_there_counts_only_among_the_absent(project: Path) -> None:
    observed = observe(project, "try:\n    open('none.txt')\nexcept OSError:\n    open('none.txt', 'w')")

    assert [] == said(observed)
    assert ["none.txt"] == [undeclared.name for undeclared in observed.absent]


def test_a_source_that_is_a_link_may_be_read_where_it_leads(project: Path) -> None:
    there = project.parent / "images"
    (project / "data").rename(there)
    (project / "data").symlink_to(there)

    assert [] == said(observe(project, "from pathlib import Path\nopen(Path('data/a.txt').resolve()).read()"))


def test_the_handoff_tells_of_the_record(project: Path) -> None:
    (project / ".git").mkdir()
    for path in (".git/HEAD", "dvc.lock"):
        (project / path).write_text("x")
    code = "open('.git/HEAD').read(), open('dvc.lock').read()"

    assert [] == said(observe(project, code, asked("package_handoff")))


def test_others_do_not(project: Path) -> None:
    (project / "dvc.lock").write_text("x")

    assert ["reads dvc.lock (train.py:1), which dvc.yaml does not list"] == said(observe(project, "open('dvc.lock')"))


def test_the_sitecustomize_behind_is_run(project: Path) -> None:
    other = project.parent / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import builtins; builtins.behind = 1")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(OBSERVER), str(other)))}

    command = [sys.executable, "-c", "import sys; print(behind, any('observer' in p for p in sys.path))"]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert "1 False\n" == printed


def test_other_processes_than_a_stages_are_left_alone(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DVC_STAGE"}
    more = {"PYTHONPATH": str(OBSERVER), "TRANSFERLINE_OBSERVED": str(tmp_path), "TRANSFERLINE_PROJECT": "/"}

    subprocess.run([sys.executable, "-c", "open('/etc/hostname')"], env={**environment, **more}, check=True)

    assert [] == list(tmp_path.iterdir())


def test_lines_of_all_processes_come_in_their_order(tmp_path: Path) -> None:
    for pid, at in ((1, 5), (2, 3)):
        line = {"kind": "read", "name": str(pid), "where": None, "at": at}
        (tmp_path / f"{pid}.jsonl").write_text(json.dumps(line) + "\n")

    assert ["2", "1"] == [line["name"] for line in observation.read(tmp_path)]


def test_times_of_access_tell_who_was_read(project: Path) -> None:
    (project / ".dvc").mkdir()
    declared = Declared(asked(), project, temporary=project / "tmp", home=project / "home")
    marked = access.mark(project, declared)
    if not marked:
        pytest.skip("this disk keeps no times of access")
    assert [] == access.read_since(marked)

    subprocess.run(["cat", "notes.txt", "data/a.txt"], cwd=project, check=True, stdout=subprocess.DEVNULL)

    assert [project / "notes.txt"] == access.read_since(marked)
