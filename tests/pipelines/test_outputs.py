from pathlib import Path

from pipelines.graph import Graph, Stage
from pipelines.outputs import MOST_PICTURES, Outputs, find


def test_finds_what_people_look_at(tmp_path: Path) -> None:
    files = ["reports/a/two.png", "reports/a/one.png", "reports/index.html", "models/m.onnx", "models/m.bin", "c.csv"]
    many = [f"data/images/{number}.png" for number in range(MOST_PICTURES + 1)]
    for file in [*files, *many]:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    outs = tuple(Path(out) for out in ("reports/a", "reports/index.html", "models", "data/images", "c.csv", "missing"))
    plots = (Path("c.csv"), Path("missing.csv"))
    graph = Graph({"s": Stage("s", frozenset(), outs, plots), "other": Stage("other", frozenset(), (Path("x"),), ())})

    found = find(tmp_path, graph, ["s"])

    assert found == Outputs(
        pictures=(Path("reports/a/one.png"), Path("reports/a/two.png")),
        pages=(Path("reports/index.html"),),
        models=(Path("models/m.onnx"),),
        plots=(Path("c.csv"),),
    )
    assert [(Path("reports/a"), 2)] == found.picture_folders()
