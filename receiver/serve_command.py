"""`transferline serve`: answers over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from receiver.mistakes import mistakes
from receiver.predict_command import cores


def serve(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder or zip; checked before it is used.")],
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one, which is logged.")] = 8000,
    threads: Annotated[int | None, typer.Option(min=1, help="Without it, as many as there are processors.")] = None,
    max_bytes: Annotated[int, typer.Option(min=1, help="Of one image as it is sent.")] = 2**25,
    max_pixels: Annotated[int, typer.Option(min=1, help="Of one image.")] = 40_000_000,
    max_requests: Annotated[int, typer.Option(min=1, help="Predictions worked on at a time; more get 503.")] = 64,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds from a request to its answer.")] = 30.0,
    max_batch: Annotated[int, typer.Option(min=1, help="Images that share a run.")] = 8,
    max_wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for images on their way.")] = 0.005,
    drain: Annotated[float, typer.Option(min=0, help="Seconds to go on listening after SIGTERM.")] = 2.0,
) -> None:
    """Answer over HTTP with the models of a bundle, until SIGTERM; the schema is at /openapi.json."""
    with mistakes():
        # FastAPI and onnxruntime take a moment to import, which other commands need not wait for.
        from receiver.serving import logs, service
        from receiver.serving.limits import Limits

        logs.write_json_lines()
        limits = Limits(
            max_bytes=max_bytes,
            max_pixels=max_pixels,
            max_requests=max_requests,
            timeout=timeout,
            max_batch=max_batch,
            max_wait=max_wait,
            drain=drain,
        )
        service.run(bundle, limits, host=host, port=port, threads=threads or cores())
