"""Why a request is not answered: a status and a sentence."""

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str = Field(description="What was found, what was expected and what to do.")


class Refused(Exception):
    """A request that is not answered."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


# What each status of a prediction means, for the schema.
STATUSES = {
    408: "The image came too slowly.",
    413: "The image has more bytes than the limit.",
    415: "The body is not called an image by its Content-Type.",
    422: "The image cannot be decoded, has more pixels than the limit, or a parameter is wrong.",
    500: "The server failed; its log has the reason, by the X-Request-Id of the answer.",
    503: "Too many requests at once, or the server is going: try again after the seconds in Retry-After.",
    504: "There was no answer in time.",
}
