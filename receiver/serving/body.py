"""Take the image out of a request, and no more than may be."""

import contextlib

from starlette.requests import ClientDisconnect, Request

from receiver.serving.problems import Refused

# Whoever sends too much is heard out to some extent: many clients only read an answer once they have sent everything.
HEARD_OUT = 4


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
    """Read the body.

    Raises:
        Refused: it has more bytes than the limit.
    """
    declared = request.headers.get("content-length", "")
    data = bytearray()
    too_large = declared.isdecimal() and int(declared) > max_bytes
    heard = 0
    # Who goes away in the middle needs no answer.
    with contextlib.suppress(ClientDisconnect):
        async for piece in request.stream():
            heard += len(piece)
            too_large = too_large or heard > max_bytes
            if heard > HEARD_OUT * max_bytes:
                break
            if too_large:
                data.clear()
            else:
                data += piece
    if too_large:
        raise Refused(413, f"The image has more than {max_bytes:,} bytes, which is the limit; send a smaller one.")
    return bytes(data)
