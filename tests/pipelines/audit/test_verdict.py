import pytest

from pipelines.audit import page
from pipelines.audit.observation import Undeclared
from pipelines.audit.outputs import FileResult, OutputResult
from pipelines.audit.sources import Source
from pipelines.audit.surroundings import Change
from pipelines.audit.values.difference import Difference
from pipelines.audit.verdict import StageResult, Verdict

DIFFERENT = Difference("tensor w[1, 2]", "1", "<b>2</b>", amount=1.0)
BAD_OUTPUT = OutputResult("m", "1", "2", "different", [FileResult("m/w.safetensors", "different", DIFFERENT)])
CLOSE = OutputResult("m", "1", "2", "within tolerance", [FileResult("m/w.safetensors", "within tolerance")])
SAME = OutputResult("m", "1", "1", "identical")
MEASURED = OutputResult("p.html", "1", "2", "measured times", [FileResult("p.html", "measured times")])
SOFTWARE, MACHINE = Change("packages.numpy", "1", "2", software=True), Change("cpu.features", ["a"], [], software=False)

RESULTS = {
    "identical": StageResult("s", outputs=[SAME], environment=[MACHINE], observed=1),
    "measured times": StageResult("s", outputs=[SAME, MEASURED], observed=0),
    "within tolerance": StageResult("s", outputs=[MEASURED, CLOSE], causes=["x"]),
    "different": StageResult("s", outputs=[SAME, BAD_OUTPUT]),
    "follows": StageResult("s", outputs=[BAD_OUTPUT], causes=["x (from r)"]),
    "undeclared": StageResult("s", outputs=[SAME], undeclared=[Undeclared("file", "x", "a.py:1")]),
    "failed": StageResult("s", failure="it broke"),
    "not recorded": StageResult("s", recorded=False),
}


def verdict(*results: StageResult) -> Verdict:
    source = Source("data/raw", "5", {"s": "6"})
    return Verdict("HEAD", "c" * 40, [], "2026-11-21T10:00:00Z", "2026-11-21T10:01:00Z", [source], list(results))


@pytest.mark.parametrize("status", RESULTS)
def test_the_gravest_thing_is_the_status(status: str) -> None:
    assert status == RESULTS[status].status


@pytest.mark.parametrize(
    "result", [StageResult("s", ["param x"], causes=["y"]), StageResult("s", environment=[SOFTWARE])]
)
def test_a_false_record_is_a_difference_of_its_own(result: StageResult) -> None:
    assert "different" == result.status


@pytest.mark.parametrize(
    ("statuses", "code", "word"),
    [
        (["identical"], 0, "identical"),
        (["identical", "measured times"], 0, "identical but for measured times"),
        (["identical", "within tolerance", "measured times"], 0, "within tolerance"),
        (["identical", "different"], 1, "different"),
        (["undeclared"], 1, "different"),
        (["failed", "different", "follows"], 1, "different"),
        (["identical", "failed"], 2, "could not be carried out"),
        (["not recorded"], 2, "could not be carried out"),
        ([], 2, "could not be carried out"),
    ],
)
def test_the_verdict_in_all(statuses: list[str], code: int, word: str) -> None:
    found = verdict(*(RESULTS[status] for status in statuses))

    assert (code, word) == (found.code, found.word)


def test_the_beginning_is_told_apart_from_what_follows() -> None:
    different = StageResult("first", outputs=[BAD_OUTPUT])
    found = verdict(different, RESULTS["follows"], RESULTS["failed"])

    assert "It begins at first; 1 later stage different because of inputs; nothing can be said of s." == page.summary(
        found
    )


@pytest.mark.parametrize("statuses", [["identical"], list(RESULTS)])
def test_the_page_says_everything_and_needs_nothing(statuses: list[str]) -> None:
    found = verdict(*(RESULTS[status] for status in statuses))

    text = page.render(found, signed=True)

    assert found.word.capitalize() in text
    assert "http" not in text.replace("http-equiv", "")
    assert "src=" not in text
    if len(statuses) > 1:
        assert "tensor w[1, 2]: recorded 1, found &lt;b&gt;2&lt;/b&gt;, by 1" in text
        assert "reads x (a.py:1), which dvc.yaml does not list" in text
        assert "it broke" in text
