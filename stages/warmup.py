"""The section `warmup_classifier`, for every stage that warms a classifier up."""

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from stages.params import Params
from transfer.models.heads import HeadShape
from transfer.training.warmup import WarmupSettings


class HeadParams(Params):
    """See transfer/models/heads.py."""

    hidden: tuple[PositiveInt, ...]
    norm: bool
    dropout: float = Field(ge=0, lt=1)

    def shape(self) -> HeadShape:
        """Return these values as the library takes them."""
        return HeadShape(**self.model_dump())


class WarmupClassifierParams(Params):
    """`feature_batch_size` is for the body, `batch_size` for the head."""

    epochs: PositiveInt
    feature_batch_size: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    head: HeadParams

    def settings(self) -> WarmupSettings:
        """Return these values as the library takes them."""
        return WarmupSettings(**self.model_dump(exclude={"head"}))
