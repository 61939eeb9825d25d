"""A zip whose bytes depend on the files alone."""

import shutil
import zipfile
from pathlib import Path

from transfer.handoff.layout import files_of

# The first moment that a zip can name.
DATE = (1980, 1, 1, 0, 0, 0)
PLAIN_FILE = 0o100644 << 16
UNIX = 3


def write(path: Path, folder: Path) -> None:
    """Store the files below a folder: sorted, of one date, and not packed, as weights hardly get smaller."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in files_of(folder):
            member = zipfile.ZipInfo(name, DATE)
            member.external_attr, member.create_system = PLAIN_FILE, UNIX
            member.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, archive.open(member, "w") as target:
                shutil.copyfileobj(source, target, 2**20)
