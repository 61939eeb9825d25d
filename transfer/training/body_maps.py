"""What a detector's body answers for stored pictures: computed when asked for, or once while the body is frozen."""

from dataclasses import dataclass, field

import numpy as np
import torch

from receiver.progress import say, track
from transfer.data.views.shards import Split
from transfer.models.detector import Detector
from transfer.runtime import Machine

Maps = dict[str, torch.Tensor]


@dataclass
class BodyMaps:
    """Where the body's maps come from. `kept` holds those of whole splits, on the CPU, once `keep` was called."""

    machine: Machine
    kept: dict[str, Maps] = field(default_factory=dict)

    def of(self, model: Detector, split: Split, rows: np.ndarray, *, name: str) -> Maps:
        """Return one map per level [len(rows), channels, height, width] for rows of the split called `name`."""
        if name in self.kept:
            chosen = torch.from_numpy(rows)
            return {level: m[chosen].to(self.machine.device) for level, m in self.kept[name].items()}
        return self._computed(model, split, rows)

    @torch.no_grad()
    def keep(self, model: Detector, split: Split, *, name: str, batch_size: int, limit: int) -> None:
        """Compute the maps of a whole split, unless they would take more than `limit` bytes.

        Always in the order of the rows, so that a resumed run meets the same values.
        """
        one = self._computed(model, split, np.arange(1))
        needed = len(split) * sum(m.numel() * m.element_size() for m in one.values())
        if needed > limit:
            say(f"body maps of {name}: {needed / 2**20:.0f} MiB, above feature_cache_mib: computed anew in each epoch")
            return
        everything = {level: _empty(m, len(split)) for level, m in one.items()}
        for rows in track(split.batches(batch_size), f"body maps of {name}"):
            for level, m in self._computed(model, split, rows).items():
                everything[level][rows[0] : rows[-1] + 1] = m.cpu()
        self.kept[name] = everything

    def _computed(self, model: Detector, split: Split, rows: np.ndarray) -> Maps:
        pixels = torch.from_numpy(split.pixels(rows)).to(self.machine.device, non_blocking=True)
        with self.machine.autocast():
            maps: Maps = model.backbone.body(model.transform.from_stored(pixels))
        return maps


def _empty(like: torch.Tensor, count: int) -> torch.Tensor:
    shape = (count, *like.shape[1:])
    return torch.empty(shape, dtype=like.dtype, memory_format=torch.channels_last)
