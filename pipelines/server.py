"""A Prefect server of one's own, for those who have none: for one run, or for as long as a schedule is served."""

import atexit
import os
import socket
import sys
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.children import Children, StoppedError
from pipelines.environment import for_stages
from pipelines.errors import LineError

HOST = "127.0.0.1"
USUAL_PORT = 4200
SECONDS_TO_START = 180.0
# What Prefect sets for its own temporary server, which outlives a process that is ended by a signal; this one does not.
TEMPORARY = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}


@dataclass(frozen=True)
class Server:
    """A server that is starting or has started."""

    url: str
    process: threading.Thread | None = None
    said: Sequence[str] = ()

    def wait_until_ready(self) -> None:
        """Return when the server answers; a team's own server is taken as it is.

        Raises:
            LineError: it ended, or did not answer in time.
        """
        deadline = time.monotonic() + SECONDS_TO_START
        while self.process is not None and not _healthy(self.url):
            if not self.process.is_alive() or time.monotonic() > deadline:
                msg = "Prefect's server did not start; it said:\n" + "\n".join(self.said)
                raise LineError(msg)
            time.sleep(0.2)


def start(project: Path, *, temporary: bool) -> Server:
    """Return the server that PREFECT_API_URL or the chosen profile names; if there is none, start one.

    It ends with this process however that comes about, but after Prefect has sent its last log lines, which it does
    when the interpreter exits. A temporary server has no pages to look at and plans no schedules. PREFECT_API_URL is
    set, so Prefect must not have been imported yet.
    """
    theirs = os.environ.get("PREFECT_API_URL", "")
    if theirs or os.environ.get("PREFECT_PROFILE"):
        return Server(theirs)
    port = _free_port(0 if temporary else USUAL_PORT)
    command, variables = (_temporary(port), TEMPORARY) if temporary else (_lasting(port), {})
    children = Children({**for_stages(), **variables})
    said: deque[str] = deque(maxlen=20)
    thread = threading.Thread(target=_run, args=(children, command, said, project), daemon=True)
    thread.start()
    atexit.register(children.stop)
    os.environ["PREFECT_API_URL"] = f"http://{HOST}:{port}/api"
    return Server(os.environ["PREFECT_API_URL"], thread, said)


def _temporary(port: int) -> list[str]:
    application = ["--factory", "prefect.server.api.server:create_app"]
    return [sys.executable, "-m", "uvicorn", *application, "--host", HOST, "--port", str(port), "--log-level", "error"]


def _lasting(port: int) -> list[str]:
    return [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]


def _run(children: Children, command: list[str], said: "deque[str]", project: Path) -> None:
    with suppress(StoppedError):
        children.run(command, said.append, folder=project)


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    msg = f"no free port on {HOST}"
    raise LineError(msg)


def _healthy(url: str) -> bool:
    # Every way in which a server that is not there yet fails to answer is an OSError.
    with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
        return bool(answer.status == 200)
    return False
