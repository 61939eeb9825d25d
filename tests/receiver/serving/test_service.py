import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from receiver.errors import UsageError
from receiver.serving import logs, service
from receiver.serving.limits import Limits
from tests.receiver import tiny_bundle


def test_a_port_that_is_taken_is_named(bundle: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(UsageError, match=r"127\.0\.0\.1:\d+: cannot listen there \(Address already in use\)"),
    ):
        service.run(bundle, Limits(), host="127.0.0.1", port=taken.getsockname()[1], threads=1)


def test_an_address_that_is_none_is_named(bundle: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.invalid:0: cannot listen there"):
        service.run(bundle, Limits(), host="nowhere.invalid", port=0, threads=1)


def test_a_changed_bundle_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "write_json_lines", lambda: None)
    folder = tiny_bundle.make(tmp_path / "tiny")
    (folder / "added.txt").write_text("added")
    done = CliRunner().invoke(app, ["serve", str(folder), "--port", "0"])
    assert done.exit_code == 2
    assert "transferline: " in done.stderr
    assert "added: added.txt" in done.stderr
