import pytest
import torch
from torch import nn

from transfer.errors import TrainingError
from transfer.training.l2_sp import StartingPoint
from transfer.training.stepping import DivergedError, Stepper, StepSettings, parts


class Squares:
    """Least squares; batches above `fits` examples do not fit in memory."""

    def __init__(self, fits=10**9):
        self.fits, self.sizes = fits, []

    def loss(self, model, batch):
        if len(batch[0]) > self.fits:
            raise torch.OutOfMemoryError
        self.sizes.append(len(batch[0]))
        return nn.functional.mse_loss(model(batch[0]), batch[1])


def batch(count=10):
    x = torch.randn(count, 3, generator=torch.Generator().manual_seed(1))
    return x, x.sum(1, keepdim=True)


def stepper(task=None, *, start=None, **settings):
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return Stepper(model, task or Squares(), optimizer, StepSettings(clip_norm=1e9, **settings), start and start(model))


def weights(of):
    return {name: tensor.detach().clone() for name, tensor in of.model.state_dict().items()}


@pytest.mark.parametrize("size", [1, 3, 4, 10, 99])
def test_accumulated_gradients_are_those_of_the_whole_batch(size):
    whole, cut = stepper(), stepper(micro_batch_size=size)
    losses = [each.step(batch()) for each in (whole, cut)]

    assert losses[1] == pytest.approx(losses[0])
    torch.testing.assert_close(weights(cut), weights(whole))
    assert max(cut.task.sizes) == min(size, 10)


def test_parts_carry_their_shares():
    assert [(share, len(part[0])) for share, part in parts(batch(), 4)] == [(0.4, 4), (0.4, 4), (0.2, 2)]


def test_out_of_memory_names_the_size_that_fits():
    with pytest.raises(
        TrainingError, match=r"out of memory with 10 pictures at once; 2 fit. Set recipe.micro_batch_size: 2"
    ):
        stepper(Squares(fits=3)).step(batch())


def test_out_of_memory_can_go_on_with_smaller_parts_to_the_same_weights(capsys):
    whole, cut = stepper(), stepper(Squares(fits=3), on_out_of_memory="accumulate")
    for each in (whole, cut):
        each.step(batch())

    torch.testing.assert_close(weights(cut), weights(whole))
    assert cut.state()["micro_batch_size"] == 2
    assert "out of memory with 5 pictures at once: going on with 2" in capsys.readouterr().err


def test_not_even_one_picture_fits():
    for settings in ({}, {"on_out_of_memory": "accumulate"}):
        with pytest.raises(TrainingError, match="even with a single picture"):
            stepper(Squares(fits=0), **settings).step(batch())


def test_other_failures_are_not_taken_for_a_full_memory():
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        stepper().step((torch.zeros(2, 7), torch.zeros(2, 1)))


def test_the_average_is_that_of_its_definition():
    found = stepper(ema=0.8)
    expected = None
    for _ in range(5):
        found.step(batch())
        now = found.model.weight.detach().clone()
        expected = now if expected is None else 0.8 * expected + 0.2 * now

    torch.testing.assert_close(found.averaged.weight.detach(), expected)
    assert not torch.equal(found.averaged.weight, found.model.weight)


def test_l2_sp_is_the_gradient_of_its_penalty():
    plain = stepper()
    pulled = stepper(start=lambda model: StartingPoint([model.weight], 0.5))
    origin = plain.model.weight.detach().clone()
    for _ in range(3):
        pulled.step(batch())
        plain.optimizer.zero_grad()
        penalty = 0.5 / 2 * (plain.model.weight - origin).square().sum()
        (plain.task.loss(plain.model, batch()) + penalty).backward()
        plain.optimizer.step()

    torch.testing.assert_close(weights(pulled), weights(plain))


def test_gradients_are_clipped():
    clipped = stepper()
    clipped.settings = StepSettings(clip_norm=0.01)
    before = weights(clipped)
    clipped.step(batch())
    moved = torch.cat([(weights(clipped)[name] - before[name]).flatten() for name in before])

    assert moved.norm().item() == pytest.approx(0.1 * 0.01, rel=1e-3)


def test_a_loss_that_is_no_number_is_an_error():
    with pytest.raises(DivergedError, match="loss nan"):
        stepper().step((torch.full((4, 3), float("nan")), torch.zeros(4, 1)))


def test_a_scaled_loss_steps_as_an_unscaled_one():
    scaled, plain = stepper(scale_loss=True), stepper()
    for each in (scaled, plain):
        each.step(batch())

    torch.testing.assert_close(weights(scaled), weights(plain))
    assert scaled.state()["scaler"]["scale"] == 65536
