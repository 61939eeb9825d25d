"""Answers of a detector for original images, one at a time and in plain fp32, as the exported file gives them."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch

from transfer.models.detector_program import DetectorProgram

# Boxes float32 [n, 4], scores float32 [n], labels int64 [n].
Answer = tuple[np.ndarray, np.ndarray, np.ndarray]


@torch.inference_mode()
def answers(program: DetectorProgram, images: Iterable[np.ndarray], device: torch.device) -> Iterator[Answer]:
    """Yield what the program finds on each image, uint8 [height, width, 3]."""
    for image in images:
        boxes, scores, labels = program(torch.from_numpy(np.ascontiguousarray(image)).to(device))
        yield boxes.cpu().numpy(), scores.cpu().numpy(), labels.cpu().numpy()
