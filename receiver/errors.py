"""The exceptions that those who use a bundle can meet.

ReceiverError           something a person has to mend; the message says what, where and how
├── UsageError          options that do not go together
└── InputError          one input that cannot be read
Beside them, as the files of a bundle stand alone: `predict.BundleError`, `predict.UnreadableImage`, `verify.BadBundle`.
"""


class ReceiverError(Exception):
    """Something that a person has to mend."""


class UsageError(ReceiverError):
    """Options that do not go together."""


class InputError(ReceiverError):
    """One input that cannot be read."""
