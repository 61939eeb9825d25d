"""Take the image out of a request, and no more than may be."""

from starlette.requests import ClientDisconnect, Request

from receiver.serving.problems import Refused

# As other servers log who went away; there is nobody left to be told.
GONE = 499


def check_type(request: Request) -> None:
    """Refuse what is not called an image.

    Raises:
        Refused: by its Content-Type the body is something else, or nothing is said of it.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/"):
        found = f"is {kind!r}" if kind else "is missing"
        raise Refused(415, f"Content-Type {found}; send the bytes of one image, as image/png or the like.")


async def read(request: Request, *, max_bytes: int) -> bytes:
    """Read the body. Of what is refused the rest is let go by the HTTP server, so that the sender hears why.

    Raises:
        Refused: it has more bytes than the limit.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    data = bytearray()
    try:
        async for piece in request.stream():
            data += piece
            if len(data) > max_bytes:
                raise _too_large(max_bytes)
    except ClientDisconnect as error:
        raise Refused(GONE, "The request ended in the middle of its body.") from error
    return bytes(data)


def _too_large(max_bytes: int) -> Refused:
    return Refused(413, f"The image has more than {max_bytes:,} bytes, which is the limit; send a smaller one.")
