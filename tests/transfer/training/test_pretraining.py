from pathlib import Path

import pytest
import torch
from torch import nn

from transfer import runtime
from transfer.data.drawing import formula
from transfer.models import zoo
from transfer.training import pretraining
from transfer.training.resume import Resume


def task(*, num_images: int = 64, seed: int = 0) -> pretraining.FormulaTask:
    machine = runtime.prepare(seed=seed, threads=1, device="cpu", precision="fp32")
    return pretraining.FormulaTask(
        num_images=num_images,
        image_size=32,
        batch_size=16,
        seed=seed,
        machine=machine,
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
    )


def images(drawn: pretraining.FormulaTask, epoch: int) -> list[bytes]:
    return [image.numpy().tobytes() for batch, _ in drawn.batches(epoch) for image in batch]


@pytest.mark.parametrize(
    ("num_images", "epochs", "batches"), [(8, 1, 1), (2048, 1, 128), (24576, 12, 128), (3000, 1, 188)]
)
def test_images_are_cut_into_epochs_of_about_2048(num_images: int, epochs: int, batches: int) -> None:
    drawn = task(num_images=num_images)
    assert (epochs, batches) == (drawn.num_epochs(), drawn.num_batches())


def test_no_image_is_drawn_twice() -> None:
    drawn = task()
    assert 2 * 64 == len({*images(drawn, 0), *images(drawn, 1)})


def test_an_epoch_depends_on_seed_and_number_alone() -> None:
    assert images(task(), 3) == images(task(), 3)
    assert images(task(), 3) != images(task(seed=1), 3)


def test_the_loss_is_the_divergence_summed_by_hand() -> None:
    drawn = task()
    batch = next(drawn.batches(0))
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, formula.NUM_BANDS))
    answered = model(batch[0]).softmax(dim=1)
    expected = 0.0
    for shares, guess in zip(batch[1].tolist(), answered.tolist(), strict=True):
        expected += sum(p * (torch.tensor(p / q).log().item()) for p, q in zip(shares, guess, strict=True) if p > 0)
    assert drawn.loss(model, batch).item() == pytest.approx(expected / 16, rel=1e-4)


def test_the_measured_images_stay_the_same_and_are_never_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretraining, "IMAGES_MEASURED", 8)
    drawn = task()
    seen: list[torch.Tensor] = []

    def model(batch: torch.Tensor) -> torch.Tensor:
        seen.append(batch)
        return torch.zeros(len(batch), formula.NUM_BANDS)

    once, again = drawn.validate(model), drawn.validate(model)  # type: ignore[arg-type]
    assert once == again
    assert not {image.numpy().tobytes() for image in seen[0]} & set(images(drawn, 0))


def test_the_backbone_learns_without_its_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pretraining, "IMAGES_PER_EPOCH", 128)
    drawn = task(num_images=256)
    untrained = drawn.validate(zoo.build("resnet18", nn.Linear(512, formula.NUM_BANDS)).eval())["val_loss"]
    tensors, loss = pretraining.pretrain(
        "resnet18", drawn, learning_rate=0.002, weight_decay=0.05, resume=Resume("pretraining", "key")
    )
    assert loss < 0.8 * untrained
    assert zoo.build("resnet18", nn.Identity()).state_dict().keys() == tensors.keys()
