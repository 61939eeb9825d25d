import time
from pathlib import Path

import pytest

from pipelines.errors import ReleaseError
from pipelines.release import registry
from pipelines.release.repository import Person
from tests.pipelines.conftest import git

ADA = Person("Ada", "ada@example.com")
FACTS = {"line": "0" * 64, "person": ADA}


@pytest.fixture
def registered(project: Path) -> Path:
    for number in range(2):
        git(project, "commit", "--quiet", "--allow-empty", "--message", "x")
        commit = git(project, "rev-parse", "HEAD").strip()
        registry.register(project, "steel", f"v1.{number}.0", commit=commit, **FACTS)
    return project


def test_the_last_word_on_a_version_counts_however_fast_it_comes(registered: Path) -> None:
    for _ in range(2):
        registry.assign(registered, "steel", "v1.0.0", stage="champion", **FACTS)
        assert ["v1.0.0"] == registry.holders(registered, "steel", "champion")
        registry.unassign(registered, "steel", "v1.0.0", stage="champion", **FACTS)
        assert [] == registry.holders(registered, "steel", "champion")


def test_versions_do_not_wait_for_each_other(registered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.assign(registered, "steel", "v1.0.0", stage="champion", **FACTS)
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("waited"))

    registry.assign(registered, "steel", "v1.1.0", stage="champion", **FACTS)

    assert ["v1.0.0", "v1.1.0"] == registry.holders(registered, "steel", "champion")


def test_tags_are_signed_with_the_one_who_decides_and_name_the_line(registered: Path) -> None:
    shown = git(registered, "for-each-ref", "--format=%(taggername) %(taggeremail)", "refs/tags/steel@v1.0.0")

    assert "Ada <ada@example.com>" == shown.strip()
    assert {"steel@v1.0.0": "0" * 64, "steel@v1.1.0": "0" * 64} == registry.anchors(registered)


def test_tags_of_others_have_no_anchor(registered: Path) -> None:
    git(registered, "tag", "light")
    git(registered, "tag", "--annotate", "release-1", "--message", "for people")

    assert {"steel@v1.0.0", "steel@v1.1.0"} == set(registry.anchors(registered))


def test_what_gto_refuses_is_a_sentence(registered: Path) -> None:
    with pytest.raises(
        ReleaseError, match=r"in the log, but not its tag: .* already was registered\. The next promote or"
    ):
        registry.register(registered, "steel", "v1.0.0", commit="HEAD~2", **FACTS)
