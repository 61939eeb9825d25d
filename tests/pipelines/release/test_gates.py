from pathlib import Path

import numpy as np
import pytest
import yaml

from pipelines.errors import ReleaseError
from pipelines.release import evidence, gates, judging, latency
from pipelines.release.evidence import Bundle
from pipelines.release.gates import Gate
from pipelines.release.settings import Promote
from pipelines.section import checked
from tests.pipelines.release.conftest import PARAMS, MakeBundle


@pytest.fixture
def limits() -> Promote:
    return checked(Promote, "promote", yaml.safe_load(PARAMS.read_text(encoding="utf-8")))


def changed(limits: Promote, section: str, **values: object) -> Promote:
    plain = limits.model_dump()
    plain[section].update(values)
    return checked(Promote, "promote", {"promote": plain})


def bundle(folder: Path) -> Bundle:
    with evidence.opened(folder) as found:
        return found


def by_name(judged: list[Gate]) -> dict[str, Gate]:
    return {gate.gate: gate for gate in judged}


def test_all_gates_of_a_rival(make_bundle: MakeBundle, limits: Promote) -> None:
    champion, rival = bundle(make_bundle("a")), bundle(make_bundle("b", right=110, found=110))

    judged = judging.judge(rival, champion, changed(limits, "latency", max_ratio=50.0, rounds=1), new_split=False)

    assert {
        "uncommitted changes",
        "tasks",
        "classification test split",
        "classification accuracy",
        "classification worst recall of a class",
        "classification parity",
        "classification latency in terms of the champion's",
        "detection test split",
        "detection AP50",
        "detection worst AP50 of a class",
        "detection parity",
        "detection unmatched",
        "detection latency in terms of the champion's",
        "size in terms of the champion's",
    } == set(by_name(judged))
    assert all(gate.passed for gate in judged)


def test_accuracy_is_judged_by_the_lower_end_of_the_interval(make_bundle: MakeBundle, limits: Promote) -> None:
    champion, rival = bundle(make_bundle("a", right=100)), bundle(make_bundle("b", right=104))
    gate = gates.metric(rival, champion, "classification", limits)

    # Slowly: the change of each image, drawn one by one.
    change = np.array([0] * 100 + [1] * 4 + [0] * 16)
    generator = np.random.default_rng(1)
    drawn = [change[generator.integers(0, 120, 120)].mean() for _ in range(4000)]
    assert gate.value == pytest.approx(np.quantile(drawn, 0.025), abs=0.005)
    assert gate.passed
    # Better, but not provably.
    strict = changed(limits, "classification", min_change=0.02)
    assert not gates.metric(rival, champion, "classification", strict).passed


def test_macro_f1_and_ap_can_be_the_metric(make_bundle: MakeBundle, limits: Promote) -> None:
    champion, rival = bundle(make_bundle("a")), bundle(make_bundle("b", right=60, found=60))
    other = changed(changed(limits, "classification", metric="macro_f1"), "detection", metric="AP")

    classified = gates.metric(rival, champion, "classification", other)
    detected = gates.metric(rival, champion, "detection", other)

    assert ["classification macro_f1", "detection AP"] == [classified.gate, detected.gate]
    assert not classified.passed
    assert not detected.passed
    # All that was found lies exactly where it should.
    assert "0.8317 -> 0.5" in detected.says


def test_images_in_another_order_are_the_same_images(make_bundle: MakeBundle, limits: Promote) -> None:
    champion = bundle(make_bundle("a", right=120, found=120))
    turned = bundle(make_bundle("b", right=120, found=120, images=range(119, -1, -1)))

    assert all(gates.same_split(turned, champion, task).passed for task in champion.tasks)
    for task in champion.tasks:
        found = gates.metric(turned, champion, task, limits)
        assert (0, True) == (found.value, found.passed)


def test_other_labels_are_another_split(make_bundle: MakeBundle) -> None:
    champion, other = bundle(make_bundle("a")), make_bundle("b")
    table = other / "evidence" / "classifier_predictions.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(
        text.replace("\n0,0.png," + "0" * 64 + ",crack,", "\n0,0.png," + "0" * 64 + ",dent,"), encoding="utf-8"
    )
    candidate = Bundle(other, "", "steel", "v1.0.0", {"classification": {}})

    gate = gates.same_split(candidate, champion, "classification")

    assert (False, "other labels of 1 of 120 test images") == (gate.passed, gate.says)


def test_a_class_below_the_floor_is_named(make_bundle: MakeBundle, limits: Promote) -> None:
    # Half right of each class, of which the floor wants more.
    candidate = bundle(make_bundle("a", right=60, found=12))

    classified = gates.class_floor(candidate, "classification", changed(limits, "classification", class_floor=0.6))
    detected = gates.class_floor(candidate, "detection", limits)

    assert (0.5, False) == (classified.value, classified.passed)
    assert "below: crack 0.5000, dent 0.5000, scratch 0.5000" == classified.says
    assert not detected.passed
    assert "below: crack 0.1" in detected.says


def test_parity_is_what_export_measured(make_bundle: MakeBundle, limits: Promote) -> None:
    candidate = bundle(make_bundle("a", parity=0.01))

    (gate,) = gates.parity(candidate, "classification", limits)
    assert (0.01, 0.001, False) == (gate.value, gate.limit, gate.passed)
    assert [True, True] == [gate.passed for gate in gates.parity(candidate, "detection", limits)]


def test_size_is_judged_against_the_champion_and_in_all(make_bundle: MakeBundle, limits: Promote) -> None:
    champion, candidate = bundle(make_bundle("a")), bundle(make_bundle("b", padding=2 * 2**20))

    total, ratio = gates.size(candidate, champion, changed(limits, "size", max_mebibytes=1.0))

    assert not total.passed
    assert total.value == pytest.approx(candidate.size / 2**20)
    assert (False, candidate.size / champion.size) == (ratio.passed, ratio.value)
    assert [] == gates.size(candidate, None, limits)


def test_what_the_champion_does_must_not_be_lost(make_bundle: MakeBundle) -> None:
    champion, candidate = bundle(make_bundle("a")), bundle(make_bundle("b", tasks=["classification"]))

    gate = gates.tasks(candidate, champion)

    assert (False, "the champion has detection, the candidate has not") == (gate.passed, gate.says)
    assert gates.tasks(champion, candidate).passed


def test_a_task_that_the_champion_lacks_meets_the_gates_without_it(make_bundle: MakeBundle, limits: Promote) -> None:
    champion, candidate = bundle(make_bundle("a", tasks=["classification"])), bundle(make_bundle("b"))

    judged = by_name(judging.judge(candidate, champion, changed(limits, "latency", rounds=1), new_split=False))

    assert "classification accuracy" in judged
    assert "detection worst AP50 of a class" in judged
    assert {"detection AP50", "detection test split"}.isdisjoint(judged)


def test_latency_is_measured_in_turns(
    make_bundle: MakeBundle, limits: Promote, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion, candidate = bundle(make_bundle("a")), bundle(make_bundle("b"))
    asked: list[object] = []

    def timed(model: object, image: object) -> float:
        asked.append(model)
        return 0.003 if model is asked[0] else 0.002

    monkeypatch.setattr(latency, "_timed", timed)
    (gate,) = latency.gates(candidate, champion, "classification", limits.latency)

    assert (1.5, False) == (gate.value, gate.passed)
    turns = [model is asked[0] for model in asked]
    # Two golden inputs in each round: the other model first every other time.
    assert [True, False, False, True, False, True, True, False] == turns[:8]


def test_a_limit_of_milliseconds_needs_no_champion(make_bundle: MakeBundle, limits: Promote) -> None:
    found = changed(limits, "latency", max_milliseconds=1e-6, rounds=1).latency
    (gate,) = latency.gates(bundle(make_bundle("a")), None, "detection", found)

    assert not gate.passed
    assert gate.value > 0


def test_missing_evidence_is_named(make_bundle: MakeBundle, limits: Promote) -> None:
    folder = make_bundle("a")
    (folder / "evidence" / "classifier_predictions.csv").unlink()
    for file in (folder / "golden" / "inputs").iterdir():
        file.unlink()
    candidate = Bundle(folder, "", "steel", "v1.0.0", {"classification": {}})

    with pytest.raises(ReleaseError, match=r"evidence/classifier_predictions\.csv: not in the bundle"):
        gates.class_floor(candidate, "classification", limits)
    with pytest.raises(ReleaseError, match="no golden inputs, so nothing can be timed"):
        latency.inputs(candidate)


def test_a_value_that_is_none_goes_into_the_log_as_null() -> None:
    assert Gate("x", float("nan"), 0.0, False, "").entry()["value"] is None


@pytest.mark.parametrize(
    ("given", "version"),
    [("1", "v1.0.0"), ("v2.3", "v2.3.0"), ("1.2.3-rc.1", "v1.2.3-rc.1"), ("2026.11", "v2026.11.0")],
)
def test_versions_are_written_in_full(given: str, version: str) -> None:
    assert version == evidence.version_of({"version": given})


def test_names_and_versions_that_no_tag_can_have_are_refused() -> None:
    with pytest.raises(ReleaseError, match="version 'latest'; expected numbers"):
        evidence.version_of({"version": "latest"})
    with pytest.raises(ReleaseError, match="name 'hot steel'; expected letters"):
        evidence.name_of({"name": "hot steel"})
