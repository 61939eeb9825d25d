"""Environment variables: a quiet Prefect inside the project, and stages that see the same world everywhere."""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "ITERATIVE_DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
QUIET_PREFECT = {
    # The first start migrates a database; on a busy machine that takes longer than Prefect's own 20 s.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # The line prints what stages say; Prefect's copy goes to its server, and only to there.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_CLI_PROMPT": "false",
}
SAME_EVERYWHERE = {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1", "TZ": "UTC"}


def prepare(project: Path, environ: MutableMapping[str, str] = os.environ) -> None:
    """Set what Prefect reads when it is imported, so this comes first; what the user has set stays.

    Prefect's files go to `project`/.prefect, unless the user names a server or a profile, whose key may stand in the
    user's own Prefect folder.
    """
    for name, value in {**NO_TELEMETRY, **QUIET_PREFECT}.items():
        environ.setdefault(name, value)
    if not environ.get("PREFECT_API_URL") and not environ.get("PREFECT_PROFILE"):
        environ.setdefault("PREFECT_HOME", str(project / ".prefect"))


def for_stages() -> dict[str, str]:
    """Return the environment of DVC and the stages under it: this Python first on PATH, the same locale and clock."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    return {**NO_TELEMETRY, **os.environ, **SAME_EVERYWHERE, "PATH": path}
