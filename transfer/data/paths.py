"""Names of files inside a source: what is safe to follow, what is hidden, what is an image by its extension."""

import re

EXTENSIONS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
IMAGE_EXTENSIONS = frozenset(extension for extensions in EXTENSIONS.values() for extension in extensions)


def why_unsafe(name: str) -> str | None:
    """Say why a name may not be followed, or return None: it has to stay inside its source on every system."""
    if name.startswith(("/", "\\")):
        return "the path is absolute"
    if re.match(r"[A-Za-z]:", name):
        return "the path names a drive"
    if ".." in re.split(r"[/\\]", name):
        return "the path climbs out of its folder with '..'"
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in name):
        return "the name holds control characters or is not valid UTF-8"
    return None


def normalise(name: str) -> str:
    """Write a safe name with single `/` only, as zips made on Windows may hold `\\` and others `./`."""
    return "/".join(part for part in re.split(r"[/\\]", name) if part not in ("", "."))


def extension(name: str) -> str:
    """The extension in lower case with its dot, or an empty string."""
    base = name.rpartition("/")[2]
    dot = base.rfind(".")
    return base[dot:].lower() if dot > 0 else ""


def stem(name: str) -> str:
    """The last part of a path without its extension."""
    base = name.rpartition("/")[2]
    return base[: len(base) - len(extension(base))]


def folder(name: str) -> str:
    """All parts of a path but the last; an empty string at the top."""
    return name.rpartition("/")[0]


def is_hidden(name: str) -> bool:
    """True for what systems leave behind, such as `.DS_Store` and `__MACOSX/._a.jpg`."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def is_image(name: str) -> bool:
    """True when the extension promises an image that can be read here."""
    return extension(name) in IMAGE_EXTENSIONS and not is_hidden(name)
