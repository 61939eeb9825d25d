"""What the documents promise exists, and no tracked file knows the machine that it was written on."""

import itertools
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from pipelines.cli import app

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DVC_YAML = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
VERBS = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
# DVC's and Prefect's own commands are theirs to keep; these are the ones that the documents may use.
OTHERS = {
    "dvc",
    "git",
    "cd",
    "uv",
    "python",
    ".",
    "export",
    "ls",
    "mkdir",
    "unzip",
    "cp",
    "pytest",
    "pre-commit",
    "prefect",
}

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def commands(document: Path) -> list[str]:
    """Return the command lines in code blocks of shells, and whole commands between backquotes."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|bash|shell|console)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    inline = re.findall(r"`((?:make|transferline|\.venv/bin/transferline|python -m) [^`\n]+)`", text)
    found = [re.sub(r"^\$ ", "", line).partition("  #")[0].strip() for line in [*lines, *inline]]
    parts = [part.strip() for line in found for part in re.split(r"&&|;|\|(?![^\[]*\])", line)]
    return [part for part in parts if part and not part.startswith("#")]


def words_of(command: str) -> list[str]:
    words = shlex.split(re.sub(r"[\[\]]", " ", command.replace("...", "")))
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words = words[1:]
    return words


def check(words: list[str]) -> None:
    program = words[0].removeprefix(".venv/bin/")
    if program == "make":
        assert not (verb := next((w for w in words[1:] if "=" not in w and not w.startswith("-")), "")) or verb in VERBS
    elif program == "transferline":
        check_transferline(words[1:])
    elif program == "python" and words[1] == "-m":
        module = Path(*words[2].split("."))
        assert words[2] == "venv" or (ROOT / module.with_suffix(".py")).is_file() or words[2] in OTHERS
    else:
        assert program in OTHERS or (ROOT / program).exists(), program


def check_transferline(words: list[str]) -> None:
    command = get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    known = {
        option
        for parameter in command.params
        for option in [*parameter.opts, *parameter.secondary_opts]
        if option.startswith("--")
    }
    assert {word.partition("=")[0] for word in words if word.startswith("--")} - {"--help"} <= known
    for setting in [b for a, b in itertools.pairwise(words) if a == "--set" and b != "stage.key=value"]:
        section, key = setting.partition("=")[0].split(".")[:2]
        assert key in PARAMS[section], setting
    for overlay in [b for a, b in itertools.pairwise(words) if a == "--params" and b != "FILE"]:
        assert (ROOT / overlay).is_file() or not overlay.startswith("overlays/"), overlay


@every_document
def test_commands_exist(document: Path) -> None:
    for command in commands(document):
        if words := words_of(command):
            check(words)


def test_the_readme_names_the_commands_of_a_newcomer() -> None:
    assert {"make run", "make test"} <= set(commands(ROOT / "README.md"))


@every_document
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", document.read_text(encoding="utf-8"))

    assert [] == [link for link in links if "://" not in link and not (document.parent / link).exists()]


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    own = [re.escape(str(path)) + r"\b" for path in (ROOT, Path.home()) if len(path.parts) > 2]
    # Tests may make up homes.
    anyones = r"(?<![\w.])/(?:home|Users|root)/\w+"
    found = {
        path.relative_to(ROOT): re.findall("|".join(own if "tests" in path.parts else [*own, anyones]) or "(?!)", text)
        for path in tracked()
        if (text := path.read_bytes().decode("utf-8", errors="ignore"))
    }

    assert {} == {path: names for path, names in found.items() if names}


def test_the_lock_names_versions_and_hashes_and_no_registry() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#"))]

    assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ ", line) for line in packages)
    assert [] == [line for line in lines if re.search(r"://|^\s*(--(extra-)?index|--find-links|-[fi]\b)", line)]
    hashed = [line for line, below in itertools.pairwise(lines) if "--hash=sha256:" in below]
    assert set(packages) <= set(hashed)


def test_every_strategy_and_every_value_of_the_recipe_is_described() -> None:
    text = (ROOT / "docs/strategies.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)` \|", text.partition("## Phases")[0], flags=re.MULTILINE)
    known = {*PARAMS["recipe"], *PARAMS["recipe"]["regularisation"], *PARAMS["recipe"]["watch"]}

    assert set(table) == set(PARAMS["strategies"])
    assert set(re.findall(r"`recipe\.(\w+)", text)) <= known
    assert set(PARAMS["recipe"]["watch"]) - {"epochs", "fall", "max_drift"} <= set(
        re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
    )
