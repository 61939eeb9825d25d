"""How the values in image files become pixels: chosen when a data set is ingested, the same for all its readers."""

from dataclasses import dataclass

RGB = 3
WIDE = 65535


@dataclass(frozen=True)
class Reading:
    """`channels` are kept of every image; the first three are red, green and blue.

    Values of 16-bit gray are clipped to `window`, whose first and last value are its own, and its range is cut into 256
    equal steps, numbered from 0 to 255. Those of the whole range are the upper 8 bits.
    """

    channels: int = RGB
    window: tuple[int, int] = (0, WIDE)


USUAL = Reading()
