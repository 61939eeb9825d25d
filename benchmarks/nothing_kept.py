"""Training without a state on the disk, for comparisons with loops that keep none."""

from typing import Any

from transfer.training.resume import Resume


class NothingKept(Resume):
    """Forgets what it is given."""

    def load(self) -> None:
        return None

    def save(self, state: Any) -> None:
        return None
