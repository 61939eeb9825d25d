import io
from pathlib import Path

from rich.console import Console

from pipelines.outputs import Outputs
from pipelines.summary import conclude, numbers, say
from pipelines.walk import Result


def screen() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=120, highlight=False, markup=False, soft_wrap=True), file


def test_each_line_carries_the_name_of_its_stage_and_is_not_wrapped() -> None:
    console, file = screen()

    say(console, "train", f"[epoch] {'x' * 200}", stages=["train", "evaluate"])

    assert f"train    | [epoch] {'x' * 200}\n" == file.getvalue()


def test_numbers_at_the_top_of_a_metrics_file() -> None:
    values = {"accuracy": 0.98765, "num_images": 12345, "per_class": {"a": 1}, "name": "x", "good": True, "ap": 1.0}

    assert ["accuracy 0.9877", "num_images 12345", "ap 1"] == numbers(values)


def test_the_end_says_how_what_and_where() -> None:
    console, file = screen()
    results = [
        Result("train", "ran", 12.34),
        Result("evaluate", "failed", 1.0, "no images"),
        Result("export", "not started", message="waits for evaluate"),
    ]
    outputs = Outputs(
        (Path("reports/a.png"),), (Path("reports/index.html"),), (Path("models/m.onnx"),), (Path("c.csv"),)
    )

    conclude(console, results, {"reports/metrics.json": {"accuracy": 0.5}}, outputs=outputs)

    lines = [" ".join(line.split()) for line in file.getvalue().splitlines()]
    assert {
        "train ran 12.3",
        "evaluate failed 1.0 no images",
        "export not started waits for evaluate",
        "reports/metrics.json accuracy 0.5",
        "pictures reports (1)",
        "page reports/index.html",
        "model models/m.onnx",
        "plots c.csv (dvc plots show)",
    } <= set(lines)


def test_the_page_about_everything_is_named_last() -> None:
    console, file = screen()
    pages = (Path("reports/index.html"), Path("reports/validation/index.html"))

    conclude(console, [Result("report", "ran", 1.0)], {}, outputs=Outputs((), pages, (Path("models/m.onnx"),), ()))

    assert ["page", "reports/index.html"] == file.getvalue().splitlines()[-1].split()
