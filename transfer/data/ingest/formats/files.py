"""The files of a source, sorted out once, so that finding an image by name never searches the whole list."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from transfer.data import paths

# Where every folder holds an image of the same name, comparing each with all would take the square of their number.
MOST_COMPARED = 1000


@dataclass(frozen=True)
class Files:
    """`images` are the names with an image's extension, `others` all the rest but hidden files; both sorted."""

    images: tuple[str, ...]
    others: tuple[str, ...]
    hidden: tuple[str, ...]

    @cached_property
    def by_stem(self) -> dict[str, list[str]]:
        """Images by the last part of their path without its extension."""
        return _grouped((paths.stem(name), name) for name in self.images)

    def meant_by(self, path: str, written_in: str) -> list[str]:
        """List the images that a path in an annotation can mean: those that end like it, and of these the nearest."""
        candidates = self._by_two_parts.get(_last_two(path)) or self._by_base.get(
            _last_two(path).rpartition("/")[2], []
        )
        return candidates if len(candidates) > MOST_COMPARED else nearest(ending_with(candidates, path), written_in)

    def named_like(self, name: str) -> list[str]:
        """List the nearest images with the stem of the file `name`."""
        beside = self._by_folder_and_stem.get(_last_two(f"{paths.folder(name)}/{paths.stem(name)}"))
        candidates = beside or self.by_stem.get(paths.stem(name), [])
        return candidates if len(candidates) > MOST_COMPARED else nearest(candidates, name)

    @cached_property
    def _by_base(self) -> dict[str, list[str]]:
        return _grouped((name.rpartition("/")[2], name) for name in self.images)

    @cached_property
    def _by_two_parts(self) -> dict[str, list[str]]:
        return _grouped((_last_two(name), name) for name in self.images)

    @cached_property
    def _by_folder_and_stem(self) -> dict[str, list[str]]:
        return _grouped((_last_two(f"{paths.folder(name)}/{paths.stem(name)}"), name) for name in self.images)

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


def could_be(candidates: Sequence[str], otherwise: str) -> str:
    """Say which images could be meant where it is not exactly one."""
    more = f" or {len(candidates) - 3:,} more" if len(candidates) > 3 else ""
    return f"could be {' or '.join(candidates[:3])}{more}" if candidates else otherwise


def ending_with(candidates: Iterable[str], path: str) -> list[str]:
    """Keep the candidates that end with as many trailing parts of `path` as any of them does."""
    wanted = _parts(path)[::-1]
    return _best(candidates, lambda name: _common(wanted, name.split("/")[::-1]))


def nearest(candidates: Iterable[str], name: str) -> list[str]:
    """Keep the candidates that share the most leading folders with the file `name`."""
    wanted = name.split("/")[:-1]
    return _best(candidates, lambda candidate: _common(wanted, candidate.split("/")[:-1]))


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]


def _last_two(path: str) -> str:
    return "/".join(_parts(path)[-2:])


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
