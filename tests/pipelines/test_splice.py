from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import ParamsError
from pipelines.splice import spell, splice

TEXT = """\
# what this is
train:                  # a section

  epochs: 3             # whole epochs
  lr: 0.1   # per batch
  name: 'a "b"'
  nothing:
  sizes: [1, 2]         # flow
  classes:              # block
    # the first is the rarest
    - one
    - two               # of two

  # and then
  deep:
    mixed: {a: 1, b: [2]}
    note: |
      two
      lines
last: true
"""


@pytest.mark.parametrize(
    ("path", "value", "old_line", "new_line"),
    [
        (("train", "epochs"), 3000, "epochs: 3             # whole", "epochs: 3000          # whole"),
        (("train", "lr"), 1e-5, "lr: 0.1   # per", "lr: 1.0e-05  # per"),
        (("train", "name"), "no", "name: 'a \"b\"'", "name: 'no'"),
        (("train", "nothing"), "x", "nothing:", "nothing: x"),
        (("train", "sizes"), [], "sizes: [1, 2]         # flow", "sizes: []             # flow"),
        (("train", "deep", "mixed", "b"), [3, None], "b: [2]", "b: [3, null]"),
        (("last",), False, "last: true", "last: false"),
    ],
)
def test_only_the_value_changes(path: tuple[str, ...], value: Any, old_line: str, new_line: str) -> None:
    assert TEXT.count(old_line) == 1

    assert TEXT.replace(old_line, new_line) == splice(TEXT, {path: value})


def test_a_list_over_several_lines_becomes_one_line_and_comments_around_it_stay() -> None:
    changed = splice(TEXT, {("train", "classes"): ["three"]})

    assert "  classes: [three]              # block\n    # the first is the rarest               # of two\n" in changed
    assert "  # and then\n  deep:\n" in changed
    assert ["three"] == yaml.safe_load(changed)["train"]["classes"]


def test_a_text_over_several_lines_becomes_one_line() -> None:
    changed = splice(TEXT, {("train", "deep", "note"): "short"})

    assert "    note: short\nlast: true\n" in changed


def test_several_values_change_at_once() -> None:
    changed = splice(TEXT, {("last",): 1, ("train", "epochs"): 4, ("train", "deep", "mixed", "a"): 9})

    values = yaml.safe_load(changed)
    assert (1, 4, 9) == (values["last"], values["train"]["epochs"], values["train"]["deep"]["mixed"]["a"])


def test_values_shared_through_anchors_are_not_changed_by_accident() -> None:
    with pytest.raises(ParamsError, match="anchors"):
        splice("a: &shared 1\nb: *shared\n", {("b",): 2})


words = st.text("ab0 :#-'\"\n{}[],&*!|>%@`\\~=\N{LATIN SMALL LETTER E WITH ACUTE}\x85", max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(words, scalars, max_size=2)
paths = st.sampled_from([("train", "lr"), ("train", "classes"), ("train", "deep", "note"), ("train", "nothing")])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.dictionaries(paths, values, max_size=3))
def test_any_value_is_read_back_as_it_was(changes: dict[tuple[str, ...], Any]) -> None:
    changed = yaml.safe_load(splice(TEXT, changes))

    for path, value in changes.items():
        found = changed
        for part in path:
            found = found[part]
        assert found == value
        assert value == yaml.safe_load(spell(value))
        assert 1 == len(spell(value).splitlines())
