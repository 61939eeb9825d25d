"""Ask the stages, as a program of their own, whether they can read values that are not written yet."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.environment import for_stages
from pipelines.errors import ParamsError

CHECK = Path("stages", "check.py")


def exist(project: Path) -> bool:
    """Whether the project's stages have schemas that can be asked."""
    return (project / CHECK).is_file()


def check(project: Path, text: str, sections: Iterable[str]) -> None:
    """Check `sections` of the text of a params.yaml.

    Raises:
        ParamsError: a stage refuses a value; the stages' own words.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "stages.check", str(path), *sorted(sections)]
        done = subprocess.run(command, cwd=project, env=for_stages(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise ParamsError(done.stderr.strip().replace(str(path), "params.yaml"))
