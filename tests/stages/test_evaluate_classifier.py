import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from stages import evaluate_classifier


def run(runtime, **changes):
    values = {"batch_size": 5, "test_time": "dihedral", "worst_pictures": 4} | changes
    evaluate_classifier.run(evaluate_classifier.EvaluateClassifierParams(**values), runtime)


def test_it_writes_measures_report_and_pictures_with_the_same_bytes_again(drawn_line, runtime, capsys):
    folder = drawn_line / "reports/classifier"
    found = []
    for _ in range(2):
        run(runtime)
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        found.append({str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files})

    assert found[0] == found[1]
    assert (folder / "report.txt").read_text() in capsys.readouterr().err


def test_views_stand_beside_the_plain_figures_and_change_none(drawn_line, runtime):
    measured = {}
    for views in ("none", "flips"):
        run(runtime, test_time=views)
        measured[views] = json.loads((drawn_line / "reports/classifier/metrics.json").read_text())
    plain, beside = (measured[views].pop("test_time") for views in ("none", "flips"))

    assert measured["none"] == measured["flips"]
    assert (plain["views"], plain["gain"], plain["accuracy"]) == ("none", 0.0, measured["none"]["accuracy"])
    assert beside["views"] == "flips"
    assert beside["gain"] == pytest.approx(beside["accuracy"] - plain["accuracy"])


def test_every_answer_stands_in_the_table_with_the_hash_of_its_image(drawn_line, runtime):
    run(runtime)

    table = pd.read_csv(drawn_line / "reports/classifier/predictions.csv", dtype={"sha256": str})
    answers = table[["p_dark", "p_light"]].to_numpy()
    assert ["image_id", "file", "sha256", "label", "predicted", "confidence", "p_dark", "p_light"] == list(table)
    assert [f"{number:064d}" for number in range(12)] == table["sha256"].tolist()
    assert ["dark", "light"] * 6 == table["label"].tolist()
    assert [("dark", "light")[answer] for answer in answers.argmax(1)] == table["predicted"].tolist()
    np.testing.assert_allclose(answers.max(1), table["confidence"], atol=0)
    measured = json.loads((drawn_line / "reports/classifier/metrics.json").read_text())
    assert measured["accuracy"] == (table["label"] == table["predicted"]).mean()
