import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from stages import build_report, timing
from stages.params import load
from tests import report_project
from transfer.errors import DataError

MEASURED = re.compile(r"<time data-measured.*?</time>", re.DOTALL)
PAGE = Path("reports/index.html")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return report_project.draw(tmp_path_factory.mktemp("report"), images_per_class=5, image_size=48)


@pytest.fixture
def project(drawn, tmp_path, monkeypatch):
    """A project of links to what was drawn once; the current folder."""
    for path in sorted(drawn.rglob("*")):
        here = tmp_path / path.relative_to(drawn)
        if path.is_dir() and not path.is_symlink():
            here.mkdir(parents=True, exist_ok=True)
        else:
            here.symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def build(**changes) -> str:
    params = load("build_report", build_report.BuildReportParams)
    build_report.run(params.model_copy(update=changes))
    return PAGE.read_text(encoding="utf-8")


def replace(path: str, text: str) -> None:
    Path(path).unlink(missing_ok=True)
    Path(path).write_text(text, encoding="utf-8")


class Reader(HTMLParser):
    """Collects tags that are open, and what leads out of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "link", "img", "br"}:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "action"} and not value.startswith(("data:", "#")):
                self.links.append(value)
            if name == "id":
                self.ids.append(value)

    def handle_endtag(self, tag):
        assert tag == self.open.pop()


def test_the_page_is_well_formed_and_leads_nowhere(project) -> None:
    reader = Reader()
    reader.feed(build())

    assert [] == reader.open
    assert [] == reader.links
    assert len(set(reader.ids)) == len(reader.ids)


def test_links_within_the_page_have_a_target(project) -> None:
    page = build()

    assert set(re.findall(r'href="#([\w-]+)"', page)) <= set(re.findall(r'id="([\w-]+)"', page))


def test_it_says_what_was_measured(project) -> None:
    page = build()

    accuracy = json.loads(Path("reports/classifier/metrics.json").read_text())["accuracy"]
    assert f"{100 * accuracy:.1f}\N{NO-BREAK SPACE}%" in page
    assert f"{json.loads(Path('reports/detector/metrics.json').read_text())['AP50']:.3f}" in page
    assert "no bundle has been promoted" in page
    assert len(page.encode()) < 2_000_000


def test_the_same_inputs_give_the_same_bytes_but_for_the_times(project) -> None:
    first = build()
    assert first == build()

    timing.FOLDER.mkdir(parents=True)
    for hour, stage in enumerate(("ingest_data", "build_report", "split_data"), start=10):
        text = json.dumps({"started": f"2026-11-21T{hour}:00:00.000+00:00", "seconds": 90.0})
        (timing.FOLDER / f"{stage}.json").write_text(text)
    later = build()

    assert first != later
    assert "reused, 1\N{NO-BREAK SPACE}min" in later
    assert "ran, 1\N{NO-BREAK SPACE}min" in later
    assert MEASURED.sub("", first) == MEASURED.sub("", later)


@pytest.mark.parametrize(
    ("task", "gone", "kept"), [("classification", "detector", "classifier"), ("detection", "classifier", "detector")]
)
def test_a_line_may_have_one_model(project, task, gone, kept) -> None:
    for path in (f"reports/{gone}/metrics.json", f"reports/training/{gone}.csv", f"models/{gone}/facts.json"):
        Path(path).unlink()

    page = build(tasks=(task,))

    assert f'<section id="{kept}"' in page
    assert f'id="{gone}"' not in page
    assert f'"#{gone}"' not in page


def test_the_champion_is_compared(project) -> None:
    metrics = {"classification": {"accuracy": 0.1}, "detection": {"AP": 0.99}}
    entry = {"decision": "promoted", "bundle": {"name": "steel", "version": "v7", "metrics": metrics}}
    replace("release/log.jsonl", json.dumps(entry) + "\n")

    page = build()

    assert "<b>steel v7</b>" in page
    assert "against v7: 1 figures better, 1 worse" in page


def test_names_are_escaped_everywhere(tmp_path, monkeypatch) -> None:
    name = "<script>alert('&')</script>"
    report_project.draw(tmp_path, images_per_class=5, image_size=48, rename={"crazing": name})
    monkeypatch.chdir(tmp_path)

    page = build(title=f"{name} of {name}")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;" in page
    # Ours, and no other.
    assert 2 == page.count("<script")


def test_a_missing_report_stops_the_stage_and_leaves_the_page_before(project) -> None:
    page = build()
    Path("reports/classifier/predictions.csv").unlink()

    with pytest.raises(DataError, match=r"reports/classifier/predictions.csv: not found; run the stage"):
        build()
    assert page == PAGE.read_text(encoding="utf-8")


def test_it_reads_only_what_dvc_yaml_lists(project) -> None:
    stage = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]["build_report"]
    listed = [dep.replace("${build_report.champion}", "release") for dep in stage["deps"]]
    opened: list[Path] = []
    watching = True

    def watch(event, arguments):
        if watching and event == "open" and isinstance(arguments[0], str):
            opened.append(Path.cwd() / arguments[0])

    # There is no way to remove it again.
    sys.addaudithook(watch)
    build()
    watching = False

    seen = {path.relative_to(Path.cwd()).as_posix() for path in opened if path.is_relative_to(Path.cwd())}
    inside = {path for path in seen if any(path == dep or path.startswith(f"{dep}/") for dep in listed)}
    # DVC allows no dvc.yaml among deps.
    others = {path for path in seen - inside if not re.match(r"reports/\.?index\.html", path)}
    assert {"dvc.yaml"} == others
    assert {"params.yaml", "reports/classifier/predictions.csv"} <= inside
