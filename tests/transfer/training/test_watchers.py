import pytest

from transfer.training.watchers import Watch, look


def rows(train, val, drift=None):
    found = [
        {"epoch": i + 1, "train_loss": t, "val_accuracy": v} for i, (t, v) in enumerate(zip(train, val, strict=True))
    ]
    return [row | ({"feature_drift": d} if drift else {}) for row, d in zip(found, drift or found, strict=True)]


FALLING, HIGH = [1.0, 0.8, 0.6, 0.4, 0.2], [0.9, 0.9, 0.9, 0.9, 0.9]


@pytest.mark.parametrize(
    ("name", "watched", "history"),
    [
        ("forgetting", {"epochs": 2, "fall": 0.1}, rows(FALLING, [0.7, 0.9, 0.9, 0.8, 0.7])),
        ("drift", {"max_drift": 0.3}, rows(FALLING, [0.9, 0.9, 0.8, 0.8, 0.8], [0, 0.1, 0.2, 0.3, 0.4])),
        ("saturation", {"epochs": 2}, rows([1.0, 0.5, 0.2, 0.2, 0.199], HIGH)),
    ],
)
def test_each_fires_on_what_it_looks_for_and_not_before(name, watched, history):
    (found,) = look(history, Watch(**{name: "stop"}, **watched))

    assert (found.name, found.stops) == (name, True)
    assert look(history[:-1], Watch(**{name: "stop"}, **watched)) == []
    assert look(history, Watch(**{name: "off"}, **watched)) == []
    assert [f.stops for f in look(history, Watch(**{name: "say"}, **watched))] == [False]


@pytest.mark.parametrize(
    "history",
    [
        rows(FALLING, [0.5, 0.6, 0.7, 0.8, 0.9]),
        rows([1.0, 0.8, 0.9, 1.0, 1.1], [0.7, 0.9, 0.9, 0.8, 0.7]),  # training gets worse, too: not forgetting
        rows(FALLING, [0.9, 0.9, 0.9, 0.9, 0.9], [0, 0.5, 0.8, 0.9, 0.9]),  # turned, but nothing lost
        [{"epoch": 1, "train_loss": 1.0, "val_loss": 1.0}] * 5,  # no accuracy to watch
    ],
)
def test_healthy_training_is_left_alone(history):
    assert look(history, Watch("stop", "stop", "stop", epochs=2, fall=0.1, max_drift=0.3)) == []


def test_each_says_what_to_do():
    (found,) = look(rows(FALLING, [0.7, 0.9, 0.9, 0.8, 0.7]), Watch("say", epochs=2, fall=0.1))

    assert "fell from 0.900 (epoch 2) to 0.700" in found.sentence
    assert "recipe.l2_sp" in found.sentence
