"""Keep the textures of all pictures in an unnamed temporary file, so that memory does not grow with their number."""

import os
import tempfile
from types import TracebackType

import numpy as np


class TextureStore:
    """A list of int8 [height, width] arrays on disk; reading is safe from several threads."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._places: list[tuple[int, tuple[int, ...]]] = []
        self._end = 0

    def append(self, texture: np.ndarray) -> None:
        """Add one texture at the end."""
        self._file.write(np.ascontiguousarray(texture).data)
        self._places.append((self._end, texture.shape))
        self._end += texture.size

    def flush(self) -> None:
        """Make everything appended readable."""
        self._file.flush()

    def __getitem__(self, index: int) -> np.ndarray:
        start, shape = self._places[index]
        data = os.pread(self._file.fileno(), shape[0] * shape[1], start)
        return np.frombuffer(data, np.int8).reshape(shape)

    def __enter__(self) -> "TextureStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
