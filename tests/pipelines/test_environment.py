import os
import sys
from pathlib import Path

import pytest

from pipelines.environment import for_stages, prepare


def test_telemetry_is_off_and_files_stay_in_the_project() -> None:
    environ: dict[str, str] = {}

    prepare(Path("/project"), environ)

    off = {
        "DO_NOT_TRACK": "1",
        "DVC_NO_ANALYTICS": "1",
        "ITERATIVE_DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    assert off.items() <= environ.items()
    assert "/project/.prefect" == environ["PREFECT_HOME"]
    assert "120" == environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"]


@pytest.mark.parametrize("name", ["PREFECT_API_URL", "PREFECT_PROFILE"])
def test_who_names_a_server_keeps_their_own_prefect_folder(name: str) -> None:
    environ = {name: "theirs"}

    prepare(Path("/project"), environ)

    assert "PREFECT_HOME" not in environ


def test_what_the_user_has_set_stays() -> None:
    environ = {"PREFECT_HOME": "mine", "DO_NOT_TRACK": "0"}

    prepare(Path("/project"), environ)

    assert ("mine", "0") == (environ["PREFECT_HOME"], environ["DO_NOT_TRACK"])


def test_stages_find_this_python_and_see_one_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    environment = for_stages()

    assert os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin")) == environment["PATH"]
    assert ("UTC", "0", "C.UTF-8") == (environment["TZ"], environment["PYTHONHASHSEED"], environment["LC_ALL"])
