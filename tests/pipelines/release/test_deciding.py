import json
import shutil
from pathlib import Path

import pytest
from gto import api

from pipelines.errors import ReleaseError
from pipelines.release import deciding, log, registry, repository
from tests.pipelines.conftest import git
from tests.pipelines.release.conftest import MakeBundle, dvc, set_gate


def entries(project: Path) -> list[log.Entry]:
    return log.read((project / log.LOG).read_text(encoding="utf-8"))


def tags(project: Path) -> list[str]:
    return sorted(git(project, "tag", "--list").split())


def champion(project: Path) -> str:
    (version,) = registry.holders(project, "steel", "champion")
    # By gto's default, too, which takes the highest of several.
    (found,) = api.find_versions_in_stage(str(project), "steel", "champion")
    assert found.version == version
    return version


def test_the_first_bundle_that_passes_is_the_champion(project: Path, make_bundle: MakeBundle) -> None:
    before = git(project, "rev-parse", "HEAD").strip()

    decision = deciding.promote(project, make_bundle("first"))

    assert decision is not None
    (entry,) = entries(project)
    assert ("promoted", "steel", "v1.0.0") == (entry["decision"], entry["bundle"]["name"], entry["bundle"]["version"])
    assert (None, None, before, "Ada <ada@example.com>") == tuple(
        entry[key] for key in ("previous", "champion", "commit", "by")
    )
    assert all(gate["passed"] for gate in entry["gates"])
    assert "v1.0.0" == champion(project)
    assert ["steel#champion#1", "steel@v1.0.0"] == tags(project)
    assert [log.LOG.as_posix()] == git(project, "show", "--name-only", "--format=", "HEAD").split()
    assert git(project, "rev-parse", "steel@v1.0.0^{commit}").strip() == decision.commit


def test_gto_reads_what_was_decided(project: Path, make_bundle: MakeBundle) -> None:
    deciding.promote(project, make_bundle("first"))
    deciding.promote(project, make_bundle("second", version="1.1"))

    (shown,) = api.find_versions_in_stage(str(project), "steel", "champion")
    assert "v1.1.0" == shown.version
    assert ["v1.0.0", "v1.1.0"] == sorted(version["version"] for version in api.show(str(project), "steel"))


def test_a_better_bundle_takes_the_place(project: Path, make_bundle: MakeBundle) -> None:
    deciding.promote(project, make_bundle("first"))
    decision = deciding.promote(project, make_bundle("second", version="1.1.0", right=110))

    assert decision is not None
    assert "v1.0.0" == decision.entry["champion"]["version"]
    gate = next(gate for gate in decision.entry["gates"] if gate["gate"] == "classification accuracy")
    assert gate["value"] > 0
    assert gate["says"].startswith("0.8333 -> 0.9167, 95% interval of the change +0.0")
    lines = (project / log.LOG).read_text(encoding="utf-8").splitlines()
    assert log.digest(lines[0]) == json.loads(lines[1])["previous"]


def test_a_worse_bundle_is_refused_and_that_is_written_down(project: Path, make_bundle: MakeBundle) -> None:
    deciding.promote(project, make_bundle("first"))
    decision = deciding.promote(project, make_bundle("second", version="1.1.0", right=80))

    assert decision is not None
    assert "refused" == entries(project)[-1]["decision"]
    assert ["classification accuracy"] == [reason.partition(":")[0] for reason in decision.entry["reasons"]]
    assert "v1.0.0" == champion(project)
    assert "steel@v1.1.0" not in tags(project)
    assert git(project, "log", "-1", "--format=%s").startswith("Refuse steel v1.1.0")


def test_the_champion_again_is_nothing_to_decide(project: Path, make_bundle: MakeBundle) -> None:
    bundle = make_bundle("first")
    deciding.promote(project, bundle)

    assert deciding.promote(project, bundle) is None
    assert 1 == len(entries(project))


def test_other_content_of_a_promoted_version_is_refused(project: Path, make_bundle: MakeBundle) -> None:
    deciding.promote(project, make_bundle("first"))

    with pytest.raises(
        ReleaseError, match=r"steel v1\.0\.0 was promoted on .* with other content; give this one a new"
    ):
        deciding.promote(project, make_bundle("second", right=110))
    assert 1 == len(entries(project))


def test_another_test_split_is_refused_in_a_sentence(project: Path, make_bundle: MakeBundle) -> None:
    deciding.promote(project, make_bundle("first"))
    other = make_bundle("second", version="2.0.0", images=range(10, 130), right=120)

    decision = deciding.promote(project, other)

    assert decision is not None
    assert "refused" == decision.entry["decision"]
    assert (
        "classification test split: 10 test images only the candidate has and 10 only the champion"
        in (decision.entry["reasons"])
    )
    again = deciding.promote(project, other, new_split="More images of the new mill")
    assert again is not None
    assert ("promoted", "More images of the new mill") == (again.entry["decision"], again.entry["new_split"])


def test_a_zip_is_promoted_like_its_folder(project: Path, make_bundle: MakeBundle, tmp_path: Path) -> None:
    bundle = make_bundle("first")
    zipped = Path(shutil.make_archive(str(tmp_path / "bundle"), "zip", bundle))
    deciding.promote(project, zipped)

    assert deciding.promote(project, bundle) is None


def test_a_changed_bundle_is_not_judged(project: Path, make_bundle: MakeBundle) -> None:
    bundle = make_bundle("first")
    (bundle / "evidence" / "classifier_parity.json").write_text("{}", encoding="utf-8")

    with pytest.raises(ReleaseError, match=r"not a good bundle(.|\n)*changed: evidence/classifier_parity\.json"):
        deciding.promote(project, bundle)
    assert not (project / log.LOG).exists()


def test_rollback_gives_the_place_back(project: Path, make_bundle: MakeBundle) -> None:
    for number in range(3):
        deciding.promote(project, make_bundle(str(number), version=f"1.{number}.0"))

    first = deciding.rollback(project, reason="Misses scratches in shift two")
    assert ("v1.1.0", "v1.2.0") == (first.entry["bundle"]["version"], first.entry["champion"]["version"])
    assert "v1.1.0" == champion(project)
    assert ["Misses scratches in shift two"] == entries(project)[-1]["reasons"]

    deciding.rollback(project, reason="Still")
    assert "v1.0.0" == champion(project)
    with pytest.raises(ReleaseError, match=r"steel v1\.0\.0 is the first champion; there is none before it"):
        deciding.rollback(project, reason="Still")


def test_what_was_rolled_back_can_be_promoted_again(project: Path, make_bundle: MakeBundle) -> None:
    deciding.promote(project, make_bundle("first"))
    second = make_bundle("second", version="1.1.0")
    deciding.promote(project, second)
    deciding.rollback(project, reason="It was the camera")

    decision = deciding.promote(project, second)

    assert decision is not None
    assert "v1.1.0" == champion(project)
    assert ["promoted", "promoted", "rolled back", "promoted"] == [entry["decision"] for entry in entries(project)]


def test_a_rollback_needs_a_reason_and_a_champion(project: Path) -> None:
    with pytest.raises(ReleaseError, match="--reason: empty"):
        deciding.rollback(project, reason=" ")
    with pytest.raises(ReleaseError, match="nothing was promoted yet"):
        deciding.rollback(project, reason="Because")


def test_which_champion_is_rolled_back_has_to_be_clear(project: Path, make_bundle: MakeBundle) -> None:
    deciding.promote(project, make_bundle("first"))
    with pytest.raises(ReleaseError, match="--name iron: nothing of that name was promoted; there is steel"):
        deciding.rollback(project, reason="Because", name="iron")


# What surrounds a decision ----------------------------------------------------------------------------------------


def test_a_dirty_tree_stays_as_it_is(project: Path, make_bundle: MakeBundle) -> None:
    (project / "params.yaml").write_text((project / "params.yaml").read_text() + "# mine\n", encoding="utf-8")
    (project / "staged.py").write_text("1\n", encoding="utf-8")
    git(project, "add", "staged.py")

    deciding.promote(project, make_bundle("first"))

    assert [" M params.yaml", "A  staged.py"] == git(project, "status", "--porcelain").splitlines()
    assert [log.LOG.as_posix()] == git(project, "show", "--name-only", "--format=", "HEAD").split()


def test_a_bundle_made_with_uncommitted_changes_is_refused(project: Path, make_bundle: MakeBundle) -> None:
    bundle = make_bundle("first", uncommitted=True)
    decision = deciding.promote(project, bundle)

    assert decision is not None
    (reason,) = decision.entry["reasons"]
    assert "uncommitted changes: packed with code that is in no commit; commit it, then `dvc repro --force" in reason
    set_gate(project, "", uncommitted="allow")
    allowed = deciding.promote(project, bundle)
    assert allowed is not None
    assert "promoted" == allowed.entry["decision"]


def test_without_an_identity_nothing_is_decided(project: Path, make_bundle: MakeBundle) -> None:
    git(project, "config", "--unset", "user.email")

    with pytest.raises(ReleaseError, match=r"git does not know who decides; `git config user\.name"):
        deciding.promote(project, make_bundle("first"))
    assert not (project / log.LOG).exists()


def test_on_no_branch_nothing_is_decided(project: Path, make_bundle: MakeBundle) -> None:
    git(project, "checkout", "--quiet", "--detach")

    with pytest.raises(ReleaseError, match="HEAD is detached, so the decision would be on no branch"):
        deciding.promote(project, make_bundle("first"))


def test_two_decisions_at_a_time_are_one_too_many(project: Path, make_bundle: MakeBundle) -> None:
    with (
        repository.alone(project),
        pytest.raises(ReleaseError, match=r"another promote or rollback is at work here \(pr"),
    ):
        deciding.promote(project, make_bundle("first"))


def test_a_hook_that_refuses_the_commit_refuses_the_decision(project: Path, make_bundle: MakeBundle) -> None:
    hook = project / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)

    with pytest.raises(ReleaseError, match="git does not commit the decision, so it is not made: not today"):
        deciding.promote(project, make_bundle("first"))
    assert not (project / log.LOG).exists()
    assert "" == git(project, "status", "--porcelain")


def test_tags_that_were_not_made_are_made_by_the_next_decision(project: Path, make_bundle: MakeBundle) -> None:
    decision = deciding.promote(project, make_bundle("first"))
    assert decision is not None
    # As after a switched-off machine.
    git(project, "tag", "--delete", *tags(project))
    git(project, "commit", "--quiet", "--allow-empty", "--message", "Later")

    deciding.promote(project, make_bundle("second", version="1.1.0", right=80))

    assert "v1.0.0" == champion(project)
    assert git(project, "rev-parse", "steel@v1.0.0^{commit}").strip() == decision.commit


# Where the champion comes from ------------------------------------------------------------------------------------


def test_the_champion_is_kept_in_the_cache_under_dvcs_own_hash(project: Path, make_bundle: MakeBundle) -> None:
    bundle = make_bundle("first")
    deciding.promote(project, bundle)
    shutil.copytree(bundle, project / "copy")
    dvc(project, "add", "--quiet", "copy")

    assert entries(project)[0]["bundle"]["dvc"] in (project / "copy.dvc").read_text(encoding="utf-8")


def test_a_champion_that_is_not_in_the_cache_can_be_named(project: Path, make_bundle: MakeBundle) -> None:
    first = make_bundle("first")
    deciding.promote(project, first)
    shutil.rmtree(project / ".dvc" / "cache")
    second = make_bundle("second", version="1.1.0")

    with pytest.raises(ReleaseError, match=r"the champion steel v1\.0\.0 is not in DVC's cache here; `dvc fetch --all"):
        deciding.promote(project, second)
    with pytest.raises(ReleaseError, match=r"not the champion steel v1\.0\.0: its SHA256SUMS have another hash"):
        deciding.promote(project, second, given=make_bundle("third", right=90))
    decision = deciding.promote(project, second, given=first)
    assert decision is not None
    assert "promoted" == decision.entry["decision"]


# A log that somebody wrote in -------------------------------------------------------------------------------------


@pytest.fixture
def decided(project: Path, make_bundle: MakeBundle) -> Path:
    deciding.promote(project, make_bundle("first"))
    deciding.promote(project, make_bundle("second", version="1.1.0", right=80))
    return project


def rewrite(project: Path, lines: list[str], *, commit: bool = True) -> None:
    (project / log.LOG).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if commit:
        git(project, "commit", "--quiet", "--all", "--message", "Tidy up")


def lines_of(project: Path) -> list[str]:
    return (project / log.LOG).read_text(encoding="utf-8").splitlines()


def relinked(lines: list[str]) -> list[str]:
    """The lines with all hashes made anew, as someone would who knows how."""
    text = ""
    for line in lines:
        text += log.line_for(json.loads(line), text)
    return text.splitlines()


def test_an_edit_that_is_not_committed_is_noticed(decided: Path) -> None:
    rewrite(decided, [line.replace("refused", "promoted") for line in lines_of(decided)], commit=False)

    with pytest.raises(ReleaseError, match=r"log\.jsonl has changes that are not committed"):
        deciding.rollback(decided, reason="Because")


@pytest.mark.parametrize(
    "tampered",
    [
        lambda lines: [lines[0].replace("Ada", "Bob"), lines[1]],
        lambda lines: lines[1:],
        lambda lines: [lines[0], "not a line"],
    ],
    ids=["edited", "removed", "garbled"],
)
def test_a_line_that_does_not_follow_is_noticed(decided: Path, tampered) -> None:
    rewrite(decided, tampered(lines_of(decided)))

    with pytest.raises(
        ReleaseError, match="does not follow from the line before; a line was edited, removed or put in"
    ):
        deciding.rollback(decided, reason="Because")


@pytest.mark.parametrize(
    "tampered",
    [
        lambda lines: lines[:1],
        lambda lines: relinked([lines[0], lines[1].replace("refused", "promoted")]),
        lambda lines: relinked([lines[0].replace("Ada", "Bob"), lines[1]]),
    ],
    ids=["last line removed", "decision edited", "first line edited"],
)
def test_what_the_chain_cannot_see_the_history_can(decided: Path, tampered) -> None:
    rewrite(decided, tampered(lines_of(decided)))

    with pytest.raises(ReleaseError, match="has lines that are not in it any more, though it is only added to"):
        deciding.rollback(decided, reason="Because")


def test_what_a_rewritten_history_cannot_see_the_tags_can(project: Path, make_bundle: MakeBundle) -> None:
    deciding.promote(project, make_bundle("first"))
    git(project, "reset", "--quiet", "--hard", "HEAD~1")

    with pytest.raises(ReleaseError, match=r"tag steel.* was made for a decision that .* of this branch does not hold"):
        deciding.promote(project, make_bundle("second", version="2.0.0"))
