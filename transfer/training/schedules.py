"""Learning-rate schedules as plain functions of progress, so that a resumed run needs no scheduler state."""

import math


def warmup_cosine(progress: float, *, warmup: float) -> float:
    """Return the factor of the peak rate: up linearly over the share `warmup` of all steps, then half a cosine to 0.

    `progress` is the share of steps done, 0..1. Source: Loshchilov and Hutter, SGDR (2017), without restarts.
    """
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
