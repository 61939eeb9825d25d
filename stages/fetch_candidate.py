"""Bring one further backbone in, for the tournament to compare with the line's."""

import difflib
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field

from stages.backbone import BackboneParams, fetch
from stages.entry import main
from stages.params import Params, Runtime
from transfer.errors import ParamsError

# DVC finds a candidate's values as candidates.<name>: a dot would lead further in.
CandidateName = Annotated[str, Field(pattern=r"^[\w-]+$")]


class Candidates(Params):
    """Named entries, each with the values that `fetch_backbone` takes."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[CandidateName, BackboneParams]

    def named(self, name: str) -> BackboneParams:
        """Return an entry.

        Raises:
            ParamsError: there is none of this name.
        """
        entries = self.__pydantic_extra__
        if name not in entries:
            close = difflib.get_close_matches(name, entries, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f". There are: {', '.join(entries) or 'none'}"
            msg = f"params.yaml: candidates: there is no {name!r}{hint}"
            raise ParamsError(msg)
        return entries[name]


def run(candidates: Candidates, runtime: Runtime, *, name: CandidateName) -> None:
    """Write the backbone's tensors, without a head, and where they come from."""
    fetch(candidates.named(name), runtime, Path("models", name), stage="fetch_candidate")


if __name__ == "__main__":
    main(run)
