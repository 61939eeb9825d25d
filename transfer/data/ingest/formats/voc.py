"""Pascal VOC: one XML file per image, splits in ImageSets/Main."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from transfer.data import paths
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.files import Files, could_be
from transfer.data.ingest.formats.records import BrokenAnnotation, RawBox, RawImage, split_of
from transfer.data.source import Source
from transfer.errors import DataError


def evidence(source: Source, files: Files) -> str | None:
    """Say what speaks for this format, or return None."""
    found = files.with_extension(".xml")
    if not found or b"<annotation" not in source.read(found[0]):
        return None
    return f"{len(found):,} XML files with <annotation>, such as {found[0]}"


def owns(name: str) -> bool:
    """True for annotations and lists of splits."""
    return paths.extension(name) == ".xml" or "ImageSets" in name.split("/")


def read(source: Source, files: Files, ledger: Ledger, *, first_pixel: int) -> Iterator[RawImage]:
    """Yield the image of every XML file.

    The XML file's own name says which image it describes, and <filename> where there is no such image.
    Coordinates count pixels from `first_pixel` (VOC: 1) and include the maximum, so that a box from 1 to 1 would be
    one pixel wide; tools write it when nothing was drawn, so it is taken as a box without area.
    Objects marked difficult are boxes like all others.
    """
    splits = _Splits(source, files, ledger)
    for name in files.with_extension(".xml"):
        root = _parse(source, name, ledger)
        image, agrees = _image_of(name, root, files, ledger)
        if image is None:
            continue
        try:
            boxes = () if root is None else tuple(_box(item, first_pixel) for item in root.iter("object"))
            size = None if root is None else _size(root)
        except BrokenAnnotation as error:
            ledger.note("broken_annotation", name, str(error))
            root, boxes, size = None, (), None
        usable = splits.is_clear(image) and root is not None and agrees
        yield RawImage(image, name, split=splits.of(image), boxes=boxes, size=size, usable=usable)
    splits.report_missing()


def _parse(source: Source, name: str, ledger: Ledger) -> Element | None:
    try:
        root: Element = fromstring(source.read(name))
    except DefusedXmlException as error:
        ledger.note("broken_annotation", name, f"XML with entities is refused: {type(error).__name__}")
        return None
    except (ParseError, ValueError, LookupError, DataError) as error:
        ledger.note("broken_annotation", name, f"not well-formed XML: {error}")
        return None
    if root.tag != "annotation":
        ledger.note("broken_annotation", name, f"the outermost element is <{root.tag}>, expected <annotation>")
        return None
    return root


def _image_of(name: str, root: Element | None, files: Files, ledger: Ledger) -> tuple[str | None, bool]:
    """Find the image, or note why there is none; and say whether it may be used."""
    stated = ("" if root is None else root.findtext("filename") or "").strip().replace("\\", "/").rpartition("/")[2]
    candidates = files.named_like(name)
    if len(candidates) > 1:
        candidates = [image for image in candidates if image.rpartition("/")[2] == stated] or candidates
    by_name = bool(candidates)
    candidates = candidates or files.meant_by(stated, name)
    if len(candidates) != 1:
        reason = could_be(candidates, "no image of this name")
        ledger.note("annotation_without_image", name, f"{reason}; <filename> says {stated!r}")
        return None, False
    return candidates[0], root is None or _agrees(name, stated, candidates[0], ledger, by_name=by_name)


def _agrees(name: str, stated: str, image: str, ledger: Ledger, *, by_name: bool) -> bool:
    """Compare <filename> with the image that was found; answer whether the image may be used."""
    base = image.rpartition("/")[2]
    if stated in ("", base) and by_name:
        return True
    if not by_name:
        return ledger.note(
            "filename_mismatch", name, f"there is no image {paths.stem(name)!r}, but <filename> is {stated!r}"
        )
    if stated == paths.stem(image):
        return ledger.note("filename_without_extension", name, f"<filename> is {stated!r}, the image {base!r}")
    return ledger.note("filename_mismatch", name, f"<filename> is {stated!r}, the image {base!r}")


def _box(item: Element, first_pixel: int) -> RawBox:
    category = (item.findtext("name") or "").strip()
    if not category:
        msg = "an <object> without <name>"
        raise BrokenAnnotation(msg)
    x_min, y_min, x_max, y_max = (_number(item, f"bndbox/{key}") for key in ("xmin", "ymin", "xmax", "ymax"))
    left, top = x_min - first_pixel, y_min - first_pixel
    # The pixel of the maximum belongs to the box, but not where there is no box to begin with.
    right = x_max - first_pixel + (x_max > x_min)
    bottom = y_max - first_pixel + (y_max > y_min)
    return RawBox(category, left, top, right, bottom)


def _size(root: Element) -> tuple[int, int] | None:
    """Width and height as the annotation says; None where it says nothing, or 0, as some tools do."""
    size = root.find("size")
    if size is None or len(size) == 0:
        return None
    width, height = int(_number(root, "size/width")), int(_number(root, "size/height"))
    return (width, height) if width > 0 and height > 0 else None


def _number(element: Element, path: str) -> float:
    text = (element.findtext(path) or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e9:
        msg = f"<{path}> is {text!r}, expected a number"
        raise BrokenAnnotation(msg)
    return value


class _Splits:
    """What ImageSets/Main says, or else the folder of the image."""

    def __init__(self, source: Source, files: Files, ledger: Ledger) -> None:
        self._ledger = ledger
        self._files = files
        self._listed: dict[str, set[str]] = {}
        self._lists: dict[str, str] = {}
        lists = [name for name in files.with_extension(".txt") if name.split("/")[-3:-1] == ["ImageSets", "Main"]]
        # trainval repeats train and val, and the lists of single classes have other names.
        for name in lists:
            split = split_of(paths.stem(name))
            for line in source.read(name).decode("utf-8-sig", "replace").splitlines() if split else ():
                stem = (line.split() or [""])[0]
                if stem:
                    self._listed.setdefault(stem, set()).add(split or "")
                    self._lists[stem] = name

    def of(self, image: str) -> str | None:
        listed = self._listed.get(paths.stem(image))
        if listed is not None:
            return min(listed)
        folders = image.split("/")[:-1]
        return next((split for split in map(split_of, folders) if split is not None), None)

    def is_clear(self, image: str) -> bool:
        listed = self._listed.get(paths.stem(image), set())
        return len(listed) < 2 or self._ledger.note(
            "split_conflict", image, f"listed in {' and '.join(sorted(listed))}"
        )

    def report_missing(self) -> None:
        for stem in self._listed.keys() - self._files.by_stem.keys():
            self._ledger.note(
                "annotation_without_image", self._lists[stem], f"lists {stem!r}, and there is no such image"
            )
