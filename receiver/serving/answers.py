"""The answers as the schema shows them; the same as those of predict.py."""

from typing import Annotated

from pydantic import BaseModel, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Classification(BaseModel):
    """What the image shows."""

    label: str = Field(description="The category with the highest probability.")
    confidence: Share = Field(description="Its probability.")
    sure: bool = Field(description="Whether the confidence reaches the threshold.")
    probabilities: dict[str, Share] = Field(description="The probability of each category.")


class Box(BaseModel):
    """One thing that was found."""

    label: str
    score: Share
    box: tuple[float, float, float, float] = Field(
        description="x_min, y_min, x_max, y_max in pixels of the image, turned upright as its EXIF orientation says."
    )


class Detection(BaseModel):
    """What was found in the image, the best first; nothing below the threshold."""

    boxes: list[Box]


class Task(BaseModel):
    """What one of the models answers with."""

    categories: list[str]
    threshold: Share


class Facts(BaseModel):
    """What is served."""

    name: str
    version: str
    digest: str = Field(description="SHA-256 of the bundle's SHA256SUMS: it stands for every byte of the bundle.")
    tasks: dict[str, Task]


class State(BaseModel):
    """How the server is."""

    status: str
