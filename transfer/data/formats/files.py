"""The files of a source, sorted out once, so that finding an image by name never searches the whole list."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from transfer.data import paths


@dataclass(frozen=True)
class Files:
    """`images` are the names with an image's extension, `others` all the rest but hidden files; both sorted."""

    images: tuple[str, ...]
    others: tuple[str, ...]
    hidden: tuple[str, ...]

    @cached_property
    def by_base(self) -> dict[str, list[str]]:
        """Images by the last part of their path."""
        return _grouped((name.rpartition("/")[2], name) for name in self.images)

    @cached_property
    def by_stem(self) -> dict[str, list[str]]:
        """Images by the last part of their path without its extension."""
        return _grouped((paths.stem(name), name) for name in self.images)

    def with_extension(self, *extensions: str) -> list[str]:
        """List the files that are no images by extension, in lower case and with its dot."""
        return [name for name in self.others if paths.extension(name) in extensions]


def sort_out(names: Sequence[str]) -> Files:
    """Sort the names of a source into images, others and hidden files."""
    images = tuple(name for name in names if paths.is_image(name))
    rest = [name for name in names if not paths.is_image(name)]
    return Files(
        images,
        others=tuple(name for name in rest if not paths.is_hidden(name)),
        hidden=tuple(name for name in rest if paths.is_hidden(name)),
    )


def ending_with(candidates: Iterable[str], path: str) -> list[str]:
    """Keep the candidates that end with as many trailing parts of `path` as any of them does."""
    wanted = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return _best(candidates, lambda name: _common(wanted[::-1], name.split("/")[::-1]))


def nearest(candidates: Iterable[str], name: str) -> list[str]:
    """Keep the candidates that share the most leading folders with the file `name`."""
    wanted = name.split("/")[:-1]
    return _best(candidates, lambda candidate: _common(wanted, candidate.split("/")[:-1]))


def _best(candidates: Iterable[str], score: Callable[[str], int]) -> list[str]:
    scored = [(score(candidate), candidate) for candidate in candidates]
    best = max((points for points, _ in scored), default=0)
    return [candidate for points, candidate in scored if points == best]


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for key, name in pairs:
        groups[key].append(name)
    return dict(groups)
