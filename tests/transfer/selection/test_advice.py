from dataclasses import replace
from pathlib import Path

import pytest

from transfer.errors import WeightsError
from transfer.selection import advice, decision_map, decision_table, sentences, situation
from transfer.selection.situation import Measured

RULES = decision_table.read(Path(__file__).parents[3] / "selection/decision_table.csv")
MEASURED = Measured(
    num_images=1260,
    num_classes=6,
    images_per_class=90.0,
    smallest_class=80,
    image_size=160,
    original_size=200,
    architecture="mobilenet_v2",
    trained_size=224,
    accuracy=0.95,
    standard_error=0.01,
    random_accuracy=0.6,
    random_standard_error=0.01,
    similarity=0.94,
    feature_distance=0.37,
)


def said(measured):
    return " ".join(sentences.sentences(advice.advise(measured, RULES)))


def test_the_rule_that_holds_is_named_with_what_was_measured():
    found = advice.advise(MEASURED, RULES)

    assert (found.rule.rule, found.rule.strategy) == ("some_near", "two_phase")
    assert "Rule some_near holds: 90 training images per class" in said(MEASURED)
    assert "95.0% (± 1.0%), which is 94.0% of the way" in said(MEASURED)
    assert "Start with two_phase, peak learning rate of the head 0.0005." in said(MEASURED)


@pytest.mark.parametrize(("images", "similarity"), [(1, 0), (1, 1), (19.5, 0.85), (300, 0.2), (4000, 0.95), (9999, 0)])
def test_behind_every_boundary_another_rule_holds(images, similarity):
    measured = replace(MEASURED, images_per_class=float(images), similarity=float(similarity))
    found = advice.advise(measured, RULES)

    for boundary in found.boundaries:
        step = 1e-6 if boundary.above else -1e-6
        on_images = boundary.axis == "images"
        beyond = (boundary.value + step, measured.distance) if on_images else (images, boundary.value + step)
        assert decision_table.find(RULES, *beyond) == boundary.rule != found.rule


def test_the_nearest_boundary_comes_first():
    first = advice.advise(MEASURED, RULES).boundaries[0]
    assert (first.axis, first.value, first.rule.rule) == ("images", 100, "many_near")
    assert "What would change it first: 100 images per class or more; then rule many_near advises" in said(MEASURED)

    close = replace(MEASURED, images_per_class=45.0, similarity=0.905)
    assert (
        "first: a distance of 0.1 or more, which is within the noise of the measurement; then rule some_medium"
        in said(close)
    )


def test_the_comparison_has_the_neighbours_and_the_probe():
    names = advice.advise(MEASURED, RULES).strategies
    assert names == ("two_phase", "discriminative", "gradual", "linear_probe")
    assert "'selection.strategies=[two_phase, discriminative, gradual, linear_probe]'" in said_command(MEASURED)


def said_command(measured):
    return advice.advise(measured, RULES).comparison()


def test_features_no_better_than_random_ones_bring_scratch_into_play():
    measured = replace(MEASURED, random_accuracy=0.94)
    assert "this backbone brings nothing to these images" in said(measured)
    assert advice.advise(measured, RULES).strategies[1] == "scratch"
    assert "brings nothing" not in said(MEASURED)


def test_a_backbone_without_batch_norm_is_told():
    assert "vit_b_16 has no BatchNorm to remember its source by" in said(
        replace(MEASURED, architecture="vit_b_16", feature_distance=None)
    )


def test_sizes_scarce_classes_and_other_backbones_are_told():
    assert "stored at 160 px, the weights were trained at 224; the originals have 200, so a larger" in said(MEASURED)
    assert "stored at" not in said(replace(MEASURED, trained_size=None))
    assert "The smallest class has 7 training images only" in said(replace(MEASURED, smallest_class=7))
    assert "this backbone is a resnet50" in said(replace(MEASURED, architecture="resnet50"))


def test_random_weights_have_nothing_to_transfer():
    with pytest.raises(WeightsError, match=r"random .*nothing to transfer.*the strategy is scratch"):
        situation.require_pretraining([{"stage": "fetch_backbone", "source": "none"}])
    situation.require_pretraining([{"stage": "fetch_backbone", "source": "none"}, {"stage": "finetune_classifier"}])
    situation.require_pretraining([{"stage": "fetch_backbone", "source": "formula"}])


def test_published_weights_have_a_size():
    assert situation.trained_size("resnet18", [{"source": "file"}]) == 224
    assert situation.trained_size("efficientnet_b4", [{"source": "torchvision:x"}]) == 380
    assert situation.trained_size("resnet18", [{"source": "formula"}]) is None


def test_page_and_map_depend_on_the_measures_alone(tmp_path):
    for name in ("one.png", "two.png"):
        decision_map.draw(RULES, MEASURED, tmp_path / name)
    decision_map.draw(RULES, replace(MEASURED, images_per_class=50_000.0, similarity=0.0), tmp_path / "far.png")

    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "far.png").read_bytes() != (tmp_path / "two.png").read_bytes()
    page = sentences.page(advice.advise(MEASURED, RULES))
    assert "# Advice: two_phase" in page
    assert "Kumar et al. 2022" in page
