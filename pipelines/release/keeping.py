"""Keep the files of promoted bundles in DVC's cache, and bring a champion back from there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.repo import Repo
from dvc_data.hashfile.build import build
from dvc_data.hashfile.transfer import transfer

from pipelines import store
from pipelines.errors import ReleaseError
from pipelines.release import evidence
from pipelines.release.evidence import Bundle
from pipelines.release.log import Entry

BUNDLE = "bundle"


def keep(project: Path, bundle: Bundle) -> str:
    """Put a bundle into DVC's cache and return its hash there: that of `handoff/bundle`, if it is that folder."""
    with Repo(str(project)) as repo:
        cache = repo.cache.local
        staging, _, tree = build(cache, str(bundle.folder), repo.cache.local.fs, "md5")
        transfer(staging, cache, {tree.hash_info}, shallow=False)
        return str(tree.hash_info.value)


@contextmanager
def champion(project: Path, entry: Entry, given: Path | None) -> Iterator[Bundle]:
    """Yield the champion that the log names: from DVC's cache, or from where it is said to be.

    Raises:
        ReleaseError: it is not there, or not that bundle.
    """
    with TemporaryDirectory(prefix="transferline-champion-") as temporary:
        place = given or _fetched(project, entry, Path(temporary))
        with evidence.opened(place) as bundle:
            if bundle.digest != entry["bundle"]["sha256sums"]:
                msg = f"{place}: not the champion {_title(entry)}: its SHA256SUMS have another hash than the log says"
                raise ReleaseError(msg)
            yield bundle


def _fetched(project: Path, entry: Entry, folder: Path) -> Path:
    if not store.of(project).bring(entry["bundle"]["dvc"], where=BUNDLE, into=folder):
        msg = (
            f"the champion {_title(entry)} is not in DVC's cache here; `dvc fetch --all-commits` brings it if a remote "
            "has it, or name its folder or zip with --champion"
        )
        raise ReleaseError(msg)
    return folder / BUNDLE


def _title(entry: Entry) -> str:
    return f"{entry['bundle']['name']} {entry['bundle']['version']}"
