"""The loop most people write: ImageFolder, PIL transforms, a forward pass through the whole network in every epoch."""

import json
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def epoch_seconds(images: Path, *, size: int, frozen: bool, threads: int, batch_size: int) -> float:
    """Time one epoch over an ImageFolder; the first batch, which warms everything up, is not counted."""
    torch.set_num_threads(threads)
    loader = DataLoader(
        datasets.ImageFolder(str(images), _transform(size)), batch_size=batch_size, shuffle=True, num_workers=threads
    )
    model = models.resnet18(num_classes=6)
    trained = list(model.fc.parameters()) if frozen else list(model.parameters())
    model.requires_grad_(not frozen).train(not frozen)
    model.fc.requires_grad_(True)
    optimizer = torch.optim.AdamW(trained, lr=1e-3)
    for _ in range(2):
        started = time.perf_counter()
        for pictures, labels in loader:
            loss = nn.functional.cross_entropy(model(pictures), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
        seconds = time.perf_counter() - started
    return seconds


def _transform(size: int) -> transforms.Compose:
    return transforms.Compose(
        [
            transforms.RandomResizedCrop(size, scale=(0.6, 1.0)),
            transforms.RandomHorizontalFlip(),
            transforms.RandomVerticalFlip(),
            transforms.ColorJitter(brightness=0.2, contrast=0.2),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )


if __name__ == "__main__":
    folder, frozen, size, threads = sys.argv[1:]
    settings = {"size": int(size), "frozen": frozen == "frozen", "threads": int(threads), "batch_size": 32}
    print(json.dumps({"epoch": epoch_seconds(Path(folder), **settings)}))
