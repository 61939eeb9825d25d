"""Compare what dvc.lock says with dvc.yaml, params.yaml and itself, before anything runs."""

from collections.abc import Iterable, Iterator, Mapping

from pipelines.audit.record import Asked, Entry
from pipelines.audit.sources import Source


def findings(stage: Asked, *, sources: Mapping[str, Source], makers: Mapping[str, Asked]) -> list[str]:
    """Return a sentence for each thing that the stage was recorded with and the revision does not have.

    `makers` has the stage that makes an output, by the output's path.
    """
    entry = stage.recorded
    if entry is None:
        return []
    return [
        *_command(stage, entry),
        *_params(stage, entry),
        *_paths(stage.deps, entry.deps, "dep"),
        *_paths(stage.outs, entry.outs, "output"),
        *_sources(stage, sources),
        *_contradictions(entry, makers),
    ]


def _command(stage: Asked, entry: Entry) -> Iterator[str]:
    if stage.cmd != entry.cmd:
        yield f"command: recorded {entry.cmd!r}, dvc.yaml has {stage.cmd!r}"


def _params(stage: Asked, entry: Entry) -> Iterator[str]:
    for key in sorted(stage.params.keys() | entry.params.keys()):
        file, _, name = key.partition(":")
        if key not in entry.params:
            yield f"param {name}: not recorded, {file} has {stage.params[key]!r}"
        elif key not in stage.params:
            yield f"param {name}: recorded {entry.params[key]!r}, dvc.yaml does not ask for it"
        else:
            for place, then, now in _changed(name, entry.params[key], stage.params[key]):
                yield f"param {place}: recorded {then!r}, {file} has {now!r}"


def _changed(name: str, then: object, now: object) -> Iterator[tuple[str, object, object]]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in [*then, *(key for key in now if key not in then)]:
            yield from _changed(f"{name}.{key}", then.get(key), now.get(key))
    elif then != now:
        yield name, then, now


def _paths(asked: Iterable[str], recorded: Iterable[str], kind: str) -> Iterator[str]:
    asked, recorded = set(asked), set(recorded)
    yield from (f"{kind} {path}: not recorded" for path in sorted(asked - recorded))
    yield from (f"{kind} {path}: recorded, but dvc.yaml does not list it" for path in sorted(recorded - asked))


def _sources(stage: Asked, sources: Mapping[str, Source]) -> Iterator[str]:
    for path in stage.sources:
        source = sources[path]
        if source.differs_for(stage.name):
            found = f"has MD5 {source.found} now" if source.found else "is not here"
            yield f"{path}: recorded with MD5 {source.recorded[stage.name]}, {found}"


def _contradictions(entry: Entry, makers: Mapping[str, Asked]) -> Iterator[str]:
    for path, read in entry.deps.items():
        maker = makers.get(path)
        if maker and maker.recorded and path in maker.recorded.outs and maker.recorded.outs[path] != read:
            made = maker.recorded.outs[path]
            yield f"dvc.lock contradicts itself: {path} was read with MD5 {read}, but {maker.name} made it with {made}"
