"""What an audit has found, stage by stage and in all."""

from dataclasses import dataclass, field
from typing import Literal

from pipelines.audit.observation import Undeclared
from pipelines.audit.outputs import OUTCOMES, OutputResult
from pipelines.audit.sources import Source
from pipelines.audit.surroundings import Change

Status = Literal[
    "identical", "measured times", "within tolerance", "different", "follows", "undeclared", "failed", "not recorded"
]
MEANINGS: dict[Status, str] = {
    "identical": "identical",
    "measured times": "identical but for measured times",
    "within tolerance": "within tolerance",
    "different": "DIFFERENT",
    "follows": "different, as its inputs are",
    "undeclared": "UNDECLARED DEPENDENCY",
    "failed": "could not be run",
    "not recorded": "not recorded",
}
BAD: set[Status] = {"different", "follows", "undeclared"}
UNDECIDED: set[Status] = {"failed", "not recorded"}
SAME, DIFFERENT, NOT_CARRIED_OUT = 0, 1, 2


@dataclass(frozen=True)
class StageResult:
    """One stage: what is wrong with its record, what its outputs are compared with the recorded ones, and the rest.

    `findings` were made before it ran, `causes` are inputs that are not the recorded ones; `observed` counts the Python
    processes that could be watched, None where the stage did not run.
    """

    name: str
    findings: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    outputs: list[OutputResult] = field(default_factory=list)
    environment: list[Change] = field(default_factory=list)
    undeclared: list[Undeclared] = field(default_factory=list)
    observed: int | None = None
    seconds: float = 0.0
    failure: str = ""
    recorded: bool = True

    @property
    def status(self) -> Status:
        """The gravest thing that can be said of it."""
        if not self.recorded:
            return "not recorded"
        differs = any(output.outcome == "different" for output in self.outputs)
        if self.findings or any(change.software for change in self.environment) or (differs and not self.causes):
            return "different"
        if self.undeclared:
            return "undeclared"
        if self.failure:
            return "failed"
        if differs:
            return "follows"
        return max((output.outcome for output in self.outputs), key=OUTCOMES.index, default="identical")

    def sentences(self) -> list[str]:
        """Say everything that is not as it was recorded, for people."""
        files = [file for output in self.outputs for file in output.files]
        gravest = sorted(files, key=lambda file: -OUTCOMES.index(file.outcome))
        return [
            *self.findings,
            *(f"environment: {change}" for change in self.environment),
            *(str(undeclared) for undeclared in self.undeclared),
            *([f"inputs that differ: {', '.join(self.causes)}"] if self.causes else []),
            *(f"{file.outcome}: {file}" for file in gravest if file.outcome != "measured times"),
            *([self.failure] if self.failure else []),
        ]


@dataclass(frozen=True)
class Verdict:
    """The whole of it. Times are ISO 8601 in UTC."""

    revision: str
    commit: str
    asked: list[str]
    started: str
    finished: str
    sources: list[Source]
    stages: list[StageResult]
    environment: dict[str, object] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """Whether everything is the same (0), something is different (1), or neither can be said (2)."""
        found = {stage.status for stage in self.stages}
        if found & BAD:
            return DIFFERENT
        return NOT_CARRIED_OUT if found & UNDECIDED or not self.stages else SAME

    @property
    def word(self) -> str:
        """The verdict in a few words."""
        if self.code == DIFFERENT:
            return "different"
        if self.code == NOT_CARRIED_OUT:
            return "could not be carried out"
        worst = max((stage.status for stage in self.stages), key=list(MEANINGS).index)
        return MEANINGS[worst]

    @property
    def changes(self) -> list[Change]:
        """Every fact of the environment that is another one in any stage, once."""
        return list({str(change): change for stage in self.stages for change in stage.environment}.values())
