import numpy as np
import pytest
import torch

from transfer.checkpoint import Facts
from transfer.data.views import shards
from transfer.models import detector, zoo
from transfer.models.detector_settings import Settings
from transfer.runtime import Machine
from transfer.training import detection, loop
from transfer.training.resume import Resume
from transfer.training.strategies import Phase

BUILD = Settings(
    layers=("features.3", "features.8", "features.12"),
    pyramid_channels=16,
    anchor_sizes=((24,), (32,), (40,), (64,)),
    aspect_ratios=(1.0,),
    canonical_scale=56,
    rpn_convolutions=1,
    box_convolutions=0,
    box_width=32,
    train_proposals=(60, 30),
    test_proposals=(40, 20),
    anchors_per_image=32,
    regions_per_image=16,
    score_threshold=0.05,
    nms_threshold=0.5,
    detections_per_image=10,
)
MACHINE = Machine(torch.device("cpu"), "fp32", 1)


@pytest.fixture
def model():
    torch.manual_seed(0)
    facts = Facts(
        kind="detector",
        architecture="mobilenet_v3_small",
        categories=("bright", "dark"),
        image_size=64,
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
        build=BUILD.facts(),
    )
    return detector.build_detector(facts)


@pytest.fixture
def splits(detector_shards):
    return shards.read_split(detector_shards, "train"), shards.read_split(detector_shards, "val")


def task(splits, machine=MACHINE, *, all_views):
    return detection.detection_task(*splits, machine, batch_size=4, all_views=all_views, seed=0)


def test_an_epoch_has_one_view_of_each_image_or_all(splits):
    one, every = task(splits, all_views=False), task(splits, all_views=True)
    images = splits[0].rows["image_id"].to_numpy()
    assert sorted(images[np.concatenate(list(one.batches(0)))]) == list(range(6))
    assert sorted(np.concatenate(list(every.batches(0)))) == list(range(12))
    assert (one.num_batches(), every.num_batches()) == (2, 3)


def test_kept_body_maps_change_neither_loss_nor_answers(splits, model):
    fresh, kept = task(splits, all_views=True), task(splits, all_views=True)
    for name, split in zip(("train", "val"), splits, strict=True):
        kept.maps.keep(model, split, name=name, batch_size=5, limit=2**30)
    assert set(kept.maps.kept) == {"train", "val"}
    batch = np.array([3, 0, 11])
    model.train()
    model.backbone.body.eval()
    losses = []
    for each in (fresh, kept):
        torch.manual_seed(1)
        losses.append(each.loss(model, batch))
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-4, atol=1e-5)
    model.eval()
    assert fresh.validate(model) == pytest.approx(kept.validate(model), abs=1e-4)


def test_maps_beyond_the_limit_are_not_kept(splits, model, capsys):
    with_limit = task(splits, all_views=True)
    with_limit.maps.keep(model, splits[0], name="train", batch_size=4, limit=1000)
    assert not with_limit.maps.kept
    assert "above feature_cache_mib: computed anew in each epoch" in capsys.readouterr().err


def test_a_higher_ap_is_better_and_the_loss_decides_among_equals(splits):
    score = task(splits, all_views=False).score
    rising = [(0.0, 2.0), (0.0, 1.0), (0.3, 2.0), (0.4, 3.0), (0.4, 2.0), (0.6, 9.0)]
    scores = [score({"val_AP": ap, "val_AP50": 1 - ap, "val_loss": loss}) for ap, loss in rising]
    assert scores == sorted(scores)


def test_validation_gives_the_same_figures_again_and_leaves_the_model_in_evaluation_mode(splits, model):
    measured = task(splits, all_views=False)
    first, second = measured.validate(model), measured.validate(model)
    assert first == second
    assert set(first) == {"val_loss", "val_AP", "val_AP50", "val_AP75"}
    assert first["val_loss"] > 0
    assert not any(module.training for module in model.modules())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_lowers_the_loss_and_is_bit_equal_when_repeated(splits, model, precision, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.use_deterministic_algorithms(True)
    machine = Machine(torch.device("cpu"), precision, 1)
    begin = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    groups = detector.layer_groups(model, zoo.find("mobilenet_v3_small").groups)
    recipe = loop.plain(weight_decay=0.01, clip_norm=5.0, warmup=0.1, patience=9)
    runs = []
    for name in ("first", "second"):
        model.load_state_dict(begin)
        history = loop.fit(
            model,
            task(splits, machine, all_views=False),
            groups=groups,
            phases=[Phase("all", 3, (0.002,) * len(groups))],
            recipe=recipe,
            seed=0,
            resume=Resume(name, "key"),
        )
        runs.append((history, {name: tensor.clone() for name, tensor in model.state_dict().items()}))
    torch.use_deterministic_algorithms(False)
    (history, weights), (again, same) = runs
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert history == again
    assert all(torch.equal(weights[name], same[name]) for name in weights)
