import pytest
import torch

from transfer import checkpoint
from transfer.errors import WeightsError
from transfer.models import detector, detector_settings, zoo
from transfer.models.detector import build_detector, layer_groups, replace_box_predictor


def test_a_rebuilt_detector_answers_as_the_one_whose_weights_it_got(detector_facts, tiny_detector):
    images = [torch.randint(0, 256, (3, 70, 50), dtype=torch.uint8), torch.rand(3, 20, 64)]
    again = build_detector(detector_facts, tiny_detector.state_dict())
    with torch.no_grad():
        for expected, found in zip(tiny_detector(images), again(images), strict=True):
            assert set(found) == {"boxes", "scores", "labels"}
            for name, values in expected.items():
                torch.testing.assert_close(found[name], values, rtol=0, atol=0)


def test_boxes_are_in_pixels_of_the_image_and_inside_it(tiny_detector):
    with torch.no_grad():
        (found,) = tiny_detector([torch.randint(0, 256, (3, 30, 200), dtype=torch.uint8)])
    assert len(found["boxes"])
    assert found["boxes"].min() >= 0
    assert found["boxes"][:, [0, 2]].max() <= 200
    assert found["boxes"][:, [1, 3]].max() <= 30
    assert found["boxes"][:, 2].max() > 64


@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v2", "efficientnet_b0"])
def test_every_kind_of_body_carries_a_detector(detector_facts, architecture):
    layers = zoo.find(architecture).pyramid[1:]
    facts = detector_facts.model_copy(
        update={"architecture": architecture, "build": {**detector_facts.build, "layers": layers}}
    )
    model = build_detector(facts)
    assert model.backbone.strides == (8, 16, 32)
    maps = model.backbone(torch.zeros(1, 3, 64, 64))
    assert [tuple(m.shape[1:]) for m in maps.values()] == [(16, 8, 8), (16, 4, 4), (16, 2, 2), (16, 1, 1)]


def test_the_loss_reaches_all_parts(tiny_detector):
    model = tiny_detector.train()
    targets = [
        {"boxes": torch.tensor([[5.0, 5.0, 40.0, 30.0]]), "labels": torch.tensor([1])},
        {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)},
    ]
    loss = model.loss(model.backbone.body(torch.randn(2, 3, 64, 64)), targets)
    loss.backward()
    assert torch.isfinite(loss)
    for part in (model.backbone.body, model.backbone.fpn, model.rpn, model.roi_heads):
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())


def test_a_new_box_predictor_has_one_more_answer_than_categories(tiny_detector):
    replace_box_predictor(tiny_detector, 5)
    assert tiny_detector.roi_heads.box_predictor.cls_score.out_features == 6
    assert tiny_detector.roi_heads.box_predictor.bbox_pred.out_features == 24


def test_the_groups_hold_every_weight_once(tiny_detector):
    groups = layer_groups(tiny_detector, zoo.find("mobilenet_v3_small").groups)
    held = [id(p) for group in groups for module in group for p in module.parameters()]
    assert sorted(held) == sorted(id(p) for p in tiny_detector.parameters())
    assert len(groups) == 7


def test_answers_are_fp32_under_autocast(tiny_detector):
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        (found,) = tiny_detector([torch.zeros(3, 64, 64)])
    assert {found["boxes"].dtype, found["scores"].dtype} == {torch.float32}


def test_weights_of_another_detector_are_refused(detector_facts, tiny_detector):
    other = detector_facts.model_copy(update={"categories": ("dent",)})
    with pytest.raises(WeightsError, match=r"do not fit the detector that facts\.json describes"):
        build_detector(other, tiny_detector.state_dict())


def test_facts_without_a_size_are_refused(detector_facts):
    with pytest.raises(WeightsError, match="image_size is missing"):
        build_detector(detector_facts.model_copy(update={"image_size": None}))


def test_settings_of_another_version_are_refused(detector_facts):
    build = {name: value for name, value in detector_facts.build.items() if name != "box_width"} | {"width": 1}
    with pytest.raises(WeightsError, match=r"missing \['box_width'\], unknown \['width'\]"):
        detector_settings.from_facts(build)


def test_settings_survive_json(settings, detector_facts, tmp_path):
    checkpoint.save(tmp_path / "model", detector_facts, {})
    again = detector_settings.from_facts(checkpoint.load_facts(tmp_path / "model").build)
    assert again.facts() == detector_settings.from_facts(detector_facts.model_dump(mode="json")["build"]).facts()
    assert detector.build_detector(detector_facts).backbone.out_channels == settings.pyramid_channels
