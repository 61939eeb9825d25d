"""The exceptions that users can meet.

TransferlineError          something a person has to mend; the message says what, where and how
├── ParamsError            params.yaml: unknown key, wrong type, value out of range
├── DataError              the images or annotations cannot be used
│   └── ValidationFailed   the gate found what params call a failure
├── WeightsError           weights that are missing, do not match, or cannot be trusted
├── TrainingError          training cannot start or has diverged
└── ParityError            the exported model does not answer as the trained one does
"""


class TransferlineError(Exception):
    """Something that a person has to mend."""


class ParamsError(TransferlineError):
    """A value in params.yaml cannot be used."""


class DataError(TransferlineError):
    """The images or annotations cannot be used."""


class ValidationFailed(DataError):
    """The validation gate found what params call a failure."""


class WeightsError(TransferlineError):
    """Weights are missing, do not match their architecture, or cannot be trusted."""


class TrainingError(TransferlineError):
    """Training cannot start or has diverged."""


class ParityError(TransferlineError):
    """The exported model does not answer as the trained one does."""
