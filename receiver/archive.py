"""A zip of images: members are read in memory, one by one, and what the zip claims of them is checked."""

import re
import stat
import threading
import zipfile
import zlib
from collections import Counter

from receiver.errors import InputError

MAX_MEMBER_BYTES = 2**30
# Deflate reaches 1,032:1 on zeros; photographs stay near 1:1 and drawings in BMP seldom pass 100:1.
MAX_RATIO, BYTES_WITHOUT_RATIO = 200, 2**20
READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1


class Members:
    """The files of an open zip: `names` can be read, sorted; `refused` are the others, with the reasons."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._opened = opened
        # ZipFile counts its open members without a lock of its own.
        self._lock = threading.Lock()
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.refused: list[tuple[str, str]] = []
        files = [member for member in opened.infolist() if not member.is_dir()]
        times = Counter(member.filename for member in files)
        for member in sorted(files, key=lambda member: member.filename):
            reason = _why_refused(member, times[member.filename])
            if reason is None:
                self._members[member.filename] = member
            else:
                self.refused.append((member.filename.encode("utf-8", "backslashreplace").decode(), reason))

    @property
    def names(self) -> list[str]:
        """List what can be read."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """Unpack one member; may be called from any thread.

        Raises:
            InputError: its bytes are damaged, or more than it declares.
        """
        member = self._members[name]
        try:
            # Never more than declared, so that a lie cannot fill the memory.
            with self._lock:
                stream = self._opened.open(member)
            try:
                return stream.read(member.file_size)
            finally:
                with self._lock:
                    stream.close()
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            msg = f"damaged in the zip ({error or type(error).__name__})"
            raise InputError(msg) from error


def _why_refused(member: zipfile.ZipInfo, times: int) -> str | None:
    # As it is in the zip: Python's `filename` has made some of them harmless.
    reason = _why_unsafe(member.orig_filename)
    if reason is not None:
        return f"refused: {reason}"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "refused: a link inside the zip"
    if times > 1:
        return f"the zip holds {times} files of this name"
    return _why_unreadable(member)


def _why_unreadable(member: zipfile.ZipInfo) -> str | None:
    if member.flag_bits & ENCRYPTED:
        return "encrypted; unpack it or pack it again without a password"
    if member.compress_type not in READABLE_METHODS:
        return f"packed with method {member.compress_type}; only stored and deflated are read"
    size = member.file_size
    if size > MAX_MEMBER_BYTES:
        return f"unpacks to {size:,} bytes; the limit is {MAX_MEMBER_BYTES:,}"
    if size > BYTES_WITHOUT_RATIO and size > MAX_RATIO * max(1, member.compress_size):
        return f"unpacks to more than {MAX_RATIO} times its size: a bomb"
    return None


def _why_unsafe(name: str) -> str | None:
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "the path is absolute"
    if ".." in re.split(r"[/\\]", name):
        return "the path climbs out of its folder with '..'"
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in name):
        return "the name holds control characters or is not valid UTF-8"
    return None
