import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.children import Children, StoppedError

# A shell that starts a grandchild and says its number; the grandchild does not listen to SIGINT if told so.
FAMILY = """
import signal, subprocess, sys, time
if {stubborn}:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print(child.pid, flush=True)
time.sleep(300)
"""


def family(*, stubborn: bool = False) -> list[str]:
    return [sys.executable, "-c", FAMILY.format(stubborn=stubborn)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie whose parent has not looked yet has ended, too.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_hands_over_lines_and_the_exit_code(tmp_path: Path) -> None:
    lines: list[str] = []
    children = Children({**os.environ, "GREETING": "hello"})
    program = "import os, sys; print(os.environ['GREETING']); print(os.getcwd(), file=sys.stderr); sys.exit(3)"

    code = children.run([sys.executable, "-u", "-c", program], lines.append, folder=tmp_path)

    assert 3 == code
    assert ["hello", str(tmp_path.resolve())] == lines


def test_hands_over_each_line_at_once(tmp_path: Path) -> None:
    times: list[float] = []
    program = "import time; print(1, flush=True); time.sleep(1); print(2)"
    children = Children(os.environ)

    children.run([sys.executable, "-c", program], lambda _: times.append(time.monotonic()), folder=tmp_path)

    assert times[1] - times[0] > 0.5


def test_what_is_no_text_does_not_stop_the_line(tmp_path: Path) -> None:
    lines: list[str] = []
    program = "import sys; sys.stdout.buffer.write(bytes([255, 10]))"

    assert 0 == Children(os.environ).run([sys.executable, "-c", program], lines.append, folder=tmp_path)
    assert ["\N{REPLACEMENT CHARACTER}"] == lines


@pytest.mark.parametrize("stubborn", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_stop_ends_children_and_grandchildren(tmp_path: Path, stubborn: bool) -> None:
    pids: list[int] = []
    stopped: list[bool] = []
    children = Children(os.environ)

    def run() -> None:
        try:
            children.run(family(stubborn=stubborn), lambda line: pids.append(int(line)), folder=tmp_path)
        except StoppedError:
            stopped.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: bool(pids))
    children.stop()
    thread.join(30)

    assert [True] == stopped
    wait_for(lambda: not alive(pids[0]))
    with pytest.raises(StoppedError):
        children.run([sys.executable, "-c", ""], print, folder=tmp_path)


def test_a_killed_parent_takes_children_and_grandchildren_along(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from pipelines.children import Children
Children(os.environ).run({family()!r}, lambda line: print(line, flush=True), folder=Path("."))
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    grandchild = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    wait_for(lambda: not alive(grandchild))
