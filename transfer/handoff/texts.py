"""What only a person can say about a model, and the refusal to hand it over while that is missing."""

from collections.abc import Iterable, Mapping

from transfer.errors import ParamsError

SECTION = "package_handoff"


def require(texts: Mapping[str, str | Iterable[str]], *, written_for: str, found: str) -> None:
    """Refuse texts that are empty, or were written for other data than was `found`.

    Raises:
        ParamsError: names every value that a person has to write, and how to go on.
    """
    if written_for != found:
        what = f"these were written for {written_for or 'nothing yet'}; the data here is {found}"
        raise ParamsError(_message(what, [*texts, "written_for"]))
    if empty := [name for name, value in texts.items() if not _said(value)]:
        raise ParamsError(_message("some are empty", empty))


def _said(value: str | Iterable[str]) -> bool:
    texts = [value] if isinstance(value, str) else list(value)
    return bool(texts) and all(text.strip() for text in texts)


def _message(what: str, names: Iterable[str]) -> str:
    return (
        f"params.yaml: {SECTION}.texts: {what}.\n"
        "  Who receives a model must be told what it is for, and only a person can say that. Write for this data: "
        f"{', '.join(names)}.\n"
        "  docs/handoff.md has an example. All that came before is done and kept: the next run only packs"
    )
