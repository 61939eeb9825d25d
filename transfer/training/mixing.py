"""Regularisation by changed batches: mixup, CutMix and random erasing, from torchvision's v2 transforms."""

from dataclasses import dataclass

import torch
from torchvision.transforms import v2

Batch = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Mixing:
    """`mixup` and `cutmix` are the alphas of their Beta distributions (0: never; both: each batch is one or the other).

    `erasing` is the share of the pictures of which a random rectangle becomes the mean colour. Sources: Zhang et al.
    (2018), Yun et al. (2019), Zhong et al. (2020).
    """

    mixup: float = 0.0
    cutmix: float = 0.0
    erasing: float = 0.0

    @property
    def changes_pixels(self) -> bool:
        """Whether a batch is anything else than its pictures."""
        return max(self.mixup, self.cutmix, self.erasing) > 0

    def apply(self, batch: Batch, *, num_classes: int) -> Batch:
        """Change normalised images [n, c, h, w] and labels int64 [n]; mixed labels are shares float [n, num_classes].

        Draws from torch's global generator, which the loop seeds for each epoch.
        """
        images, labels = batch
        if self.erasing > 0:
            erase = v2.RandomErasing(p=self.erasing, value=0)
            images = torch.stack([erase(image) for image in images])
        transforms = [
            kind(alpha=alpha, num_classes=num_classes)
            for kind, alpha in ((v2.MixUp, self.mixup), (v2.CutMix, self.cutmix))
            if alpha > 0
        ]
        if not transforms:
            return images, labels
        mixed: Batch = v2.RandomChoice(transforms)(images, labels)
        return mixed
