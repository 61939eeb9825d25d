"""The whole classifier as one module, raw pixels in, answers out: what is exported, and what parity is held to."""

import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.errors import WeightsError
from transfer.models import test_time
from transfer.models.inputs import normalise
from transfer.models.resampling import resize_bilinear_antialias


class ClassifierProgram(nn.Module):
    """Resize, normalise, classify.

    Input: uint8 [n, height, width, channels], RGB first, of any size.
    Output: probabilities float32 [n, num_categories], the mean over the named views (`test_time.VIEWS`).
    """

    def __init__(self, network: nn.Module, facts: Facts, *, views: str = "none") -> None:
        """Wrap a network that answers with logits.

        Raises:
            WeightsError: the facts do not say at which size the network was trained.
            ParamsError: there are no views of this name.
        """
        super().__init__()
        if facts.image_size is None:
            msg = "facts.json: image_size is missing; a classifier has one"
            raise WeightsError(msg)
        self.network = network
        self.facts = facts
        self.image_size = facts.image_size
        test_time.find(views)
        self.views = views

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Answer for a batch of images of one size."""
        resized = resize_bilinear_antialias(images.permute(0, 3, 1, 2).float(), self.image_size, self.image_size)
        # Rounded, as the stored training pictures are.
        pixels = resized.round().clamp(0, 255).permute(0, 2, 3, 1)
        images = normalise(pixels, mean=self.facts.mean, std=self.facts.std)
        return test_time.probabilities(self.network, images, views=self.views)
