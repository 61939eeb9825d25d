"""Read what a stage wrote at some revision, by the hash in dvc.lock: from DVC's cache, the working tree or git."""

import hashlib
from dataclasses import dataclass, field

from pipelines.comparison.record import Record
from pipelines.comparison.revision import Revision
from pipelines.store import Store


@dataclass(frozen=True)
class Side:
    """A revision with its record, and a list of what was looked for in vain."""

    revision: Revision
    record: Record
    store: Store
    missing: dict[str, str] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """Return the content of an output, or of a file in an output folder; None where there is none or it is missing.

        What the record knows but nobody has any more is added to `missing`, by path.
        """
        outs = self.record.outs
        out = next((out for out in outs if path == out or path.startswith(f"{out}/")), None)
        if out is None:
            return None
        if path == out:
            return self._kept(path, outs[out], out)
        inside = self.store.folder(outs[out], where=out)
        if inside is None:
            self.missing[out] = outs[out]
            return None
        digest = inside.get(path.removeprefix(f"{out}/"))
        return None if digest is None else self._kept(path, digest, out)

    def _kept(self, path: str, digest: str, out: str) -> bytes | None:
        file = self.store.file(digest, where=path)
        data = file.read_bytes() if file else self.revision.read(path)
        if data is not None and hashlib.md5(data, usedforsecurity=False).hexdigest() == digest:
            return data
        self.missing[out] = digest
        return None
