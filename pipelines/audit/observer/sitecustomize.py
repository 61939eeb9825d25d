"""Write down what files and environment variables a stage reads, and which line of the project's code did it.

Python imports a module of this name when it starts; an audit puts this folder on PYTHONPATH. Standard library only, and
little of it. It works in the processes of a stage alone, which DVC marks by a variable, and never changes what they do.
What C code opens by itself raises no event of Python's; pipelines/audit/access.py is for that.
"""

import importlib.machinery
import importlib.util
import json
import os
import site
import sys
import threading
import time
from types import FrameType
from typing import Any

FOLDER, PROJECT, DECLARED = "TRANSFERLINE_OBSERVED", "TRANSFERLINE_PROJECT", "TRANSFERLINE_DECLARED"
STAGE = "DVC_STAGE"
HERE = os.path.dirname(os.path.abspath(__file__))
# Where os.environ.get and os.getenv themselves stand.
MAPPINGS = {__file__, os.__file__, "<frozen os>", "<frozen _collections_abc>"}


class Observer:
    """Writes each thing once, as a line of JSON, to a file of its own process."""

    def __init__(self, folder: str, project: str, declared: "list[str]") -> None:
        self.folder = folder
        self.project = project + os.sep
        self.ignored = tuple({f"{path}{os.sep}" for path in _installation() if path})
        # Of millions of images nothing is to be written down.
        self.declared = frozenset(declared)
        self.within_declared = tuple(f"{path}{os.sep}" for path in declared)
        self.seen: set[tuple[str, str]] = set()
        self.within = threading.local()
        self.pid, self.file = -1, -1

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an event of Python's; it must not raise, as that would stop what the stage is doing."""
        if event == "open":
            path, _, flags = arguments
            self.note_file(path, writing=bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_CREAT)))
        elif event == "os.rename":
            self.note_file(arguments[1], writing=True)

    def note_file(self, path: Any, *, writing: bool) -> None:
        """Write down that a file is read or written, unless it belongs to Python or to the system."""
        if isinstance(path, int) or getattr(self.within, "busy", False):
            return
        self.within.busy = True
        try:
            full = os.path.abspath(os.fsdecode(path))
            listed = full in self.declared or full.startswith(self.within_declared)
            ignored = full.startswith(self.ignored) and not full.startswith(self.project)
            if not listed and not ignored and not os.path.isdir(full):
                # The event comes before the file is opened.
                kind = "write" if writing else "read" if os.path.isfile(full) else "absent"
                self.note(kind, full, sys._getframe(2))
        except (OSError, TypeError, ValueError):
            pass
        finally:
            self.within.busy = False

    def note_variable(self, name: str, frame: FrameType | None) -> None:
        """Write down that a variable is read, if the line that reads it is the project's."""
        if frame and frame.f_code.co_filename.startswith(self.project):
            self.note("variable", name, frame)

    def note(self, kind: str, name: str, frame: FrameType | None) -> None:
        """Write a line, with the innermost line of the project's code that leads here."""
        if (kind, name) in self.seen:
            return
        self.seen.add((kind, name))
        while frame and not frame.f_code.co_filename.startswith(self.project):
            frame = frame.f_back
        where = [frame.f_code.co_filename[len(self.project) :], frame.f_lineno] if frame else None
        self.write({"kind": kind, "name": name, "where": where, "at": time.monotonic_ns()})

    def write(self, value: Any) -> None:
        """Append to this process's own file: a forked process has another one."""
        if self.pid != os.getpid():
            self.pid = os.getpid()
            self.within.busy = True
            path = os.path.join(self.folder, f"{self.pid}.jsonl")
            self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self.within.busy = False
        os.write(self.file, (json.dumps(value) + "\n").encode())


def _installation() -> "list[str]":
    """Return the folders of Python, its packages and the system: what the environment's record stands for."""
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    python = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, os.path.dirname(os.__file__), HERE]
    system = ["/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/proc", "/sys", "/dev", "/run", "/System", "/Library"]
    folders = {*packages, *python, *system, site.getusersitepackages()}
    # "/" would be everything.
    return sorted(({os.path.abspath(f) for f in folders} | {os.path.realpath(f) for f in folders}) - {os.sep})


def _caller(frame: FrameType) -> FrameType:
    """Return the frame that asks for variables: not that of os.environ.get, os.getenv or a mapping."""
    while frame.f_code.co_filename in MAPPINGS and frame.f_back:
        frame = frame.f_back
    return frame


def _record_variables(observer: Observer) -> None:
    class Recording(type(os.environ)):  # type: ignore[misc]
        def __getitem__(self, key: Any) -> Any:
            frame = _caller(sys._getframe(1))
            if (id(frame), frame.f_lineno) != getattr(observer.within, "copying", None):
                observer.note_variable(os.fsdecode(key), frame)
            return super().__getitem__(key)

        def __iter__(self) -> Any:
            frame = _caller(sys._getframe(1))
            observer.note_variable("*", frame)
            # Who copies all is not asking for each.
            observer.within.copying = (id(frame), frame.f_lineno)
            return super().__iter__()

    # The same object, as modules may hold it already.
    os.environ.__class__ = Recording
    if hasattr(os, "environb"):
        os.environb.__class__ = Recording


def _hand_on() -> None:
    """Run the sitecustomize that this one stands before."""
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.getcwd()) != HERE]
    found = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if found and found.loader:
        found.loader.exec_module(importlib.util.module_from_spec(found))


def start() -> None:
    """Observe this process, if it belongs to a stage under audit."""
    if STAGE in os.environ and FOLDER in os.environ and PROJECT in os.environ:
        declared = os.environ.get(DECLARED, "").split(os.pathsep)
        observer = Observer(os.environ[FOLDER], os.environ[PROJECT], [path for path in declared if path])
        observer.write({"kind": "process", "name": " ".join(sys.orig_argv), "where": None, "at": 0})
        _record_variables(observer)
        sys.addaudithook(observer.hook)


if __name__ == "sitecustomize":
    start()
    _hand_on()
