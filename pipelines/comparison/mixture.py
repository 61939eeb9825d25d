"""A project that is the old revision in everything but one kind of thing."""

from pathlib import Path
from typing import Any

import yaml

from pipelines.comparison import kinds, revision, values
from pipelines.comparison.storage import Side
from pipelines.git import git
from pipelines.section import PARAMS


def changed_kinds(old: Side, new: Side) -> list[str]:
    """Return the kinds of which something changed, in the order of `kinds.KINDS`."""
    files = changed_files(old, new)
    found = {kind for kind in kinds.KINDS if files[kind]}
    for change in values.compare(old.revision.values(PARAMS), new.revision.values(PARAMS)):
        theirs = change["change"] != "changed" and bool(files["code"])
        found.add("code" if theirs else kinds.of_section(change["key"].partition(".")[0]))
    return [kind for kind in kinds.KINDS if kind in found]


def changed_files(old: Side, new: Side) -> dict[str, list[str]]:
    """Return the changed files of each kind, params.yaml and dvc.lock aside."""
    found: dict[str, list[str]] = {kind: [] for kind in (*kinds.KINDS, "record")}
    for path in revision.changed(old.revision, new.revision):
        if path != PARAMS:
            found[kinds.of_file(path, new.record)].append(path)
    return found


def make(old: Side, new: Side, *, kind: str, folder: Path) -> None:
    """Clone the project to `folder`, at the old revision, and put the new one's things of one kind in.

    The clone reads and fills the project's own DVC cache, so that only what the change touches is computed.

    Raises:
        ProjectError: git fails.
    """
    project = old.revision.project
    git(project, "clone", "--quiet", "--no-checkout", str(project), str(folder))
    git(folder, "checkout", "--quiet", "--detach", str(old.revision.commit))
    files = changed_files(old, new)
    for path in files[kind]:
        _put(new.revision, path, folder)
    sides = old.revision.values(PARAMS), new.revision.values(PARAMS)
    mixed = mixed_params(*sides, kind=kind, new_code=bool(files["code"]))
    (folder / PARAMS).write_text(yaml.safe_dump(mixed, sort_keys=False, allow_unicode=True), encoding="utf-8")
    local = folder / ".dvc" / "config.local"
    # DVC's cache folder is the one that holds files/md5.
    local.write_text(f"[cache]\n    dir = {old.store.cache.parents[1].as_posix()}\n", encoding="utf-8")


def mixed_params(old: Any, new: Any, *, kind: str, new_code: bool) -> Any:
    """Return the old values with the new ones of one kind.

    Where there is new code, too, it decides which keys there are: with it, keys that only it knows have their new
    values, and those that it knows no more are left out; without it, there are the old keys.
    """
    if not new_code:
        chosen = {name: (new if kinds.of_section(name) == kind else old) for name in {**old, **new}}
        return {name: side[name] for name, side in chosen.items() if name in side}
    keys = new if kind == "code" else old
    sides = {name: (new if kinds.of_section(name) == kind else old) for name in keys}
    return {name: _filled(keys[name], side[name]) if name in side else keys[name] for name, side in sides.items()}


def _filled(keys: Any, side: Any) -> Any:
    """Return `keys` with the values of `side` wherever both have one."""
    if isinstance(keys, dict) and isinstance(side, dict) and keys:
        return {name: _filled(value, side[name]) if name in side else value for name, value in keys.items()}
    return side


def _put(new: revision.Revision, path: str, folder: Path) -> None:
    target, data = folder / path, new.read(path)
    if data is None:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if new.executable(path):
        target.chmod(0o755)
