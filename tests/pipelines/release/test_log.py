import hashlib
import json

import pytest

from pipelines.errors import ReleaseError
from pipelines.release import log


def written(*decisions: tuple[str, str, str]) -> str:
    text = ""
    for decision, name, version in decisions:
        text += log.line_for({"decision": decision, "bundle": {"name": name, "version": version}}, text)
    return text


def versions(entries: list[log.Entry], name: str = "steel") -> list[str]:
    return [entry["bundle"]["version"] for entry in log.champions(entries, name)]


def test_each_line_has_the_hash_of_the_one_before() -> None:
    lines = written(("promoted", "steel", "v1"), ("refused", "steel", "v2"), ("promoted", "steel", "v3")).splitlines()

    previous = [json.loads(line)["previous"] for line in lines]
    assert [None, *(hashlib.sha256(line.encode()).hexdigest() for line in lines[:-1])] == previous


def test_champions_are_what_was_promoted_and_not_rolled_back() -> None:
    text = written(
        ("promoted", "steel", "v1"),
        ("promoted", "iron", "v7"),
        ("refused", "steel", "v2"),
        ("promoted", "steel", "v3"),
        ("promoted", "steel", "v4"),
        ("rolled back", "steel", "v3"),
    )
    entries = log.read(text)

    assert ["v1", "v3"] == versions(entries)
    assert ["v7"] == versions(entries, "iron")
    assert ["steel", "iron"] == log.names(entries)


def test_a_name_that_was_only_refused_has_no_champion() -> None:
    assert [] == log.names(log.read(written(("refused", "steel", "v1"))))


@pytest.mark.parametrize("change", [lambda t: t.replace("v1", "v9"), lambda t: "".join(t.splitlines(True)[1:])])
def test_a_line_that_does_not_follow_is_named(change) -> None:
    text = change(written(("promoted", "steel", "v1"), ("promoted", "steel", "v2"), ("promoted", "steel", "v3")))

    with pytest.raises(ReleaseError, match=r"release/log\.jsonl, line [12]: does not follow from the line before"):
        log.read(text)


def test_words_of_any_script_are_kept() -> None:
    entry = {
        "decision": "refused",
        "bundle": {"name": "steel"},
        "reasons": ["Kratzer übersehen \u2028 \u0085 \u2029 \u85cd"],
    }

    line = log.line_for(entry, "")

    (found,) = log.read(line)
    assert entry["reasons"] == found["reasons"]
    assert 1 == len(line.splitlines())
