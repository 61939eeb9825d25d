"""A zip as a source: members are read in memory, one by one, and every claim of the archive is checked."""

import itertools
import stat
import threading
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from transfer.data import paths
from transfer.data.limits import BYTES_WITHOUT_RATIO, Limits, Refusal
from transfer.errors import DataError

READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Decompressed piece by piece, so that a member that lies about its size cannot fill the memory.
BYTES_PER_PIECE = 2**20
ENCRYPTED = 0x1


@dataclass(frozen=True)
class Archive:
    """A source in a zip."""

    root: Path
    opened: zipfile.ZipFile
    limits: Limits
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def names(self) -> list[str]:
        """List the members that may be read, sorted."""
        return sorted(self._members)

    def refused(self) -> list[Refusal]:
        """List unsafe names, links, encrypted, repeated and overlapping members, and decompression bombs."""
        return sorted(self._refusals.values())

    def size(self, name: str) -> int:
        """Look up the unpacked size that the archive declares."""
        return self._member(name).file_size

    def read(self, name: str) -> bytes:
        """Unpack one member; its size and checksum have to be as declared."""
        member = self._member(name)
        try:
            data = b"".join(self._pieces(member))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            msg = f"{self.root}: {name}: the member is damaged ({error or type(error).__name__})"
            raise DataError(msg) from error
        if len(data) != member.file_size:
            msg = f"{self.root}: {name}: {len(data):,} bytes where the archive declares {member.file_size:,}"
            raise DataError(msg)
        return data

    def _pieces(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        # ZipFile counts its open members without a lock of its own.
        with self._lock:
            stream = self.opened.open(member)
        try:
            while piece := stream.read(BYTES_PER_PIECE):
                yield piece
        finally:
            with self._lock:
                stream.close()

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name in self._members:
            return self._members[name]
        refusal = self._refusals.get(name)
        msg = f"{self.root}: {name}: " + (f"refused: {refusal.reason}" if refusal else "not in the archive")
        raise DataError(msg)

    @cached_property
    def _members(self) -> dict[str, zipfile.ZipInfo]:
        return {
            paths.normalise(member.filename): member
            for member in self._files
            if member.filename not in self._refusals and paths.normalise(member.filename) not in self._refusals
        }

    @cached_property
    def _files(self) -> list[zipfile.ZipInfo]:
        return [member for member in self.opened.infolist() if not member.filename.endswith(("/", "\\"))]

    @cached_property
    def _refusals(self) -> dict[str, Refusal]:
        """Judge every member once; the key is its safe name, or the name as it stands where that is not safe."""
        self._check_total()
        times = Counter(paths.normalise(member.filename) for member in self._files)
        overlapping = _overlapping(self._files)
        refusals = {}
        for member in self._files:
            unsafe = paths.why_unsafe(member.orig_filename)
            name = member.filename if unsafe else paths.normalise(member.filename)
            overlaps = member.header_offset in overlapping
            found = ("unsafe_path", unsafe) if unsafe else self._why(member, times[name], overlaps=overlaps)
            if found is not None:
                refusals[name] = Refusal(found[0], name, found[1])
        return refusals

    def _why(self, member: zipfile.ZipInfo, times: int, *, overlaps: bool) -> tuple[str, str] | None:
        if stat.S_ISLNK(member.external_attr >> 16):
            return "symbolic_link", "a link inside the archive"
        if member.flag_bits & ENCRYPTED:
            return "encrypted_file", "the member is encrypted; unpack it or pack it again without a password"
        if member.compress_type not in READABLE_METHODS:
            return "unreadable_file", f"packed with method {member.compress_type}; only stored and deflated are read"
        if times > 1:
            return "repeated_file", f"the archive holds {times} members of this name"
        if overlaps:
            return "decompression_bomb", "the member shares its bytes with another one"
        return self._bomb(member)

    def _bomb(self, member: zipfile.ZipInfo) -> tuple[str, str] | None:
        size, packed = member.file_size, max(1, member.compress_size)
        if size > self.limits.max_file_bytes:
            return "decompression_bomb", f"unpacks to {size:,} bytes; the limit is {self.limits.max_file_bytes:,}"
        if size > BYTES_WITHOUT_RATIO and size / packed > self.limits.max_ratio:
            ratio = f"{size / packed:,.0f} times its size"
            return "decompression_bomb", f"unpacks to {ratio}; the limit is {self.limits.max_ratio:g}"
        return None

    def _check_total(self) -> None:
        total = sum(member.file_size for member in self._files)
        if total > self.limits.max_total_bytes:
            msg = (
                f"{self.root}: decompression bomb: {len(self._files):,} files unpack to {total:,} bytes; "
                f"the limit is {self.limits.max_total_bytes:,} (ingest_data.max_total_bytes)"
            )
            raise DataError(msg)


def _overlapping(members: list[zipfile.ZipInfo]) -> set[int]:
    """Find the header offsets of members that reach into the next one: how small zips unpack to petabytes."""
    ordered = sorted(members, key=lambda member: member.header_offset)
    found = set()
    for before, after in itertools.pairwise(ordered):
        if before.header_offset + before.compress_size > after.header_offset:
            found |= {before.header_offset, after.header_offset}
    return found
