"""Write each stage's code into its deps in the dvc.yaml files: exactly the modules that it can import.

DVC does not follow imports, so without this a changed module would leave a stale model behind. Run it with
`make deps` after adding or removing an import; tests/test_dvc_yaml.py is red until that is done. The cells of a matrix
stage have no code deps of their own: the stage record_code has them, and the cells wait for what it writes. The few
entries of a foreach stage have theirs, below `do`: what only they run must leave the cells alone.
"""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

import grimp
import yaml

FILES = (Path("dvc.yaml"), Path("selection", "dvc.yaml"))


RECORD = "record_code"


def build_graph(**options: Any) -> grimp.ImportGraph:
    """Return the import graph of stages, library and what is handed over."""
    # Imports for annotations alone do not run.
    options = {"cache_dir": None, "exclude_type_checking_imports": True, **options}
    return grimp.build_graph("stages", "transfer", "receiver", **options)


def code_of(stage: str, graph: grimp.ImportGraph) -> list[str]:
    """Return the files that the stage can import, its own first.

    `__init__.py` files are empty and are left out.
    """
    module = f"stages.{stage}"
    modules = sorted(graph.find_upstream_modules(module))
    files = [path for name in modules if (path := Path(*name.split(".")).with_suffix(".py")).is_file()]
    return [f"stages/{stage}.py", *(path.as_posix() for path in files)]


def code_deps(name: str, stages: Mapping[str, Container[str]], graph: grimp.ImportGraph) -> list[str]:
    """Return the code deps of one of a file's stages; `stages` maps their names to their keys."""
    if "matrix" in stages[name]:
        return []
    if name != RECORD:
        return code_of(name, graph)
    recorded = [name for name, keys in stages.items() if "matrix" in keys]
    return list(dict.fromkeys(path for stage in (RECORD, *recorded) for path in code_of(stage, graph)))


def updated(text: str, graph: grimp.ImportGraph) -> str:
    """Return the text of a dvc.yaml with the code deps of every stage whose file exists; nothing else changes."""
    lines = text.splitlines(keepends=True)
    nodes = _pairs(_pairs(yaml.compose(text, Loader=yaml.SafeLoader))["stages"])
    stages = {name: _pairs(node) for name, node in nodes.items()}
    # From the end, so that the line numbers of earlier stages stay true.
    for name, stage in reversed(stages.items()):
        if Path("stages", f"{name}.py").is_file():
            _rewrite(lines, stage.get("do", nodes[name]), code_deps(name, stages, graph))
    return "".join(lines)


def _rewrite(lines: list[str], node: Any, code: Iterable[str]) -> None:
    stage, indent = _pairs(node), " " * node.start_mark.column
    deps = stage.get("deps")
    if deps is None:
        after = stage["cmd"].end_mark.line
        lines[after + 1 : after + 1] = [f"{indent}deps:\n", *(f"{indent}  - {path}\n" for path in code)]
        return
    old = [item.start_mark.line for item in deps.value if item.value.endswith(".py")]
    kept = [item.start_mark.line for item in deps.value if not item.value.endswith(".py")]
    after = max(kept) if kept else deps.start_mark.line - 1
    new = [f"{indent}  - {path}\n" for path in code]
    below = [line for number, line in enumerate(lines) if number > after and number not in old]
    above = [line for number, line in enumerate(lines) if number <= after and number not in old]
    lines[:] = [*above, *new, *below]


def _pairs(node: Any) -> dict[str, Any]:
    return {key.value: value for key, value in node.value}


def main() -> None:
    """Update the dvc.yaml files of the project in this folder."""
    graph = build_graph()
    for path in FILES:
        before = path.read_text(encoding="utf-8")
        after = updated(before, graph)
        if after != before:
            path.write_text(after, encoding="utf-8", newline="\n")
            print(f"{path}: code deps updated")


if __name__ == "__main__":
    main()
