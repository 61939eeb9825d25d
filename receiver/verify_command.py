"""`transferline verify`: whether a bundle is the one that was packed, and whether it answers here as it did there."""

from pathlib import Path
from typing import Annotated

import typer

from receiver.standalone import verify as verifier


def verify(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder or zip.")],
    digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="The digest that the sender has told; another one is refused.")
    ] = None,
    golden: Annotated[bool, typer.Option(help="Run the golden inputs, too.")] = True,
) -> None:
    """Check every byte of a bundle, then run its golden inputs; exit code 0 only when all is well.

    Nothing out of the bundle is run: verifier and predictor are those of this installation.
    """
    raise typer.Exit(verifier.report(bundle, digest_expected=digest, run_golden=golden))
