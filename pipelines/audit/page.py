"""The result for people: one page that needs nothing beside it."""

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from pipelines.audit.verdict import BAD, DIFFERENT, MEANINGS, SAME, UNDECIDED, Status, Verdict

TEMPLATE = Path(__file__).with_name("page.html.jinja")


def render(verdict: Verdict, *, signed: bool) -> str:
    """Return the page of an audit."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        verdict=verdict,
        counted=counted,
        signed=signed,
        summary=summary(verdict),
        meanings=MEANINGS,
        tones={status: _tone(status) for status in MEANINGS},
        wrong=[result for result in verdict.stages if result.status in BAD | UNDECIDED],
    )


def summary(verdict: Verdict) -> str:
    """Say in a sentence what was found, and where it began."""
    if verdict.code == SAME:
        return "Every output is what was recorded, and nothing was read that dvc.yaml does not list."
    own = [result.name for result in verdict.stages if result.status in BAD - {"follows"}]
    following = sum(result.status == "follows" for result in verdict.stages)
    undecided = [result.name for result in verdict.stages if result.status in UNDECIDED]
    parts = []
    if verdict.code == DIFFERENT:
        parts.append(f"It begins at {', '.join(own)}" if own else "Only outputs whose inputs differ are different")
    if following and own:
        parts.append(f"{counted(following, 'later stage')} different because of inputs")
    if undecided:
        parts.append(f"nothing can be said of {', '.join(undecided)}")
    return f"{'; '.join(parts)}."


def counted(number: int, thing: str) -> str:
    """Return a number of things: 1 stage, 2 stages."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _tone(status: Status) -> str:
    return "bad" if status in BAD else "warn" if status in UNDECIDED else "good"
