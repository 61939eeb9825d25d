"""A Prefect server for as long as a schedule is served, for those who have none."""

import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipelines.children import Children, StoppedError
from pipelines.errors import LineError

HOST = "127.0.0.1"
USUAL_PORT = 4200
SECONDS_TO_START = 180.0


@contextmanager
def serving(project: Path) -> Iterator[str]:
    """Yield the API's address; the server ends with the block, or with this process however that ends."""
    children = Children()
    port = free_port()
    said: deque[str] = deque(maxlen=20)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    thread = threading.Thread(target=_run, args=(children, command, said, project), daemon=True)
    thread.start()
    try:
        _wait_until_healthy(f"http://{HOST}:{port}/api", thread, said)
        yield f"http://{HOST}:{port}/api"
    finally:
        children.stop()
        thread.join()


def free_port() -> int:
    """Return the port that Prefect's users expect, or any free one."""
    for port in (USUAL_PORT, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    msg = f"no free port on {HOST}"
    raise LineError(msg)


def _run(children: Children, command: list[str], said: "deque[str]", project: Path) -> None:
    with suppress(StoppedError):
        children.run(command, said.append, folder=project)


def _wait_until_healthy(url: str, thread: threading.Thread, said: "deque[str]") -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and thread.is_alive():
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.5)
    msg = "Prefect's server did not start; it said:\n" + "\n".join(said)
    raise LineError(msg)
