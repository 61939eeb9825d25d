"""Run a command and take it down, with all its children, when the process that asked for it is gone.

A program of its own, started with `python -I -S guard.py COMMAND ...` as the leader of a new session. Its standard
input is a pipe whose other end the asking process holds: the pipe closes when that process closes it, ends or is
killed, so this works where no signal arrives, and on every POSIX system. Standard library only, as it is started once
per stage.
"""

import os
import signal
import subprocess
import sys
import threading

SECONDS_TO_TIDY_UP = 5.0


def main(command: list[str]) -> int:
    """Return the exit code of `command`; end by SIGKILL, with the whole group, when the asking process is gone."""
    # Handlers that do nothing, rather than SIG_IGN, which the command would inherit.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    left_alone = threading.Event()
    threading.Thread(target=_watch, args=(child, left_alone), daemon=True).start()
    code = child.wait()
    if left_alone.is_set():
        _end_group()
    return code


def _watch(child: "subprocess.Popen[bytes]", left_alone: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    left_alone.set()
    # SIGINT first: Python programs tidy up on it, and DVC releases its locks.
    for number in (signal.SIGINT, signal.SIGTERM):
        os.killpg(0, number)
        try:
            child.wait(SECONDS_TO_TIDY_UP)
        except subprocess.TimeoutExpired:
            continue
        break
    _end_group()


def _end_group() -> None:
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
