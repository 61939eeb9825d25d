"""The exceptions that users of the command line can meet.

LineError              something a person has to mend; the message says what, where and how
├── ProjectError       this folder is not a project, or a copy of it cannot be made
├── ParamsError        a value, key or section that params.yaml does not have
├── GraphError         dvc.yaml cannot be read, or has no such stage
├── BusyError          another DVC process held the project for too long
├── RevisionError      git does not know this revision, or it holds no line
├── ReleaseError       a bundle cannot be judged, or a decision cannot be written down
├── StageError         a stage failed
└── AuditError         an audit, or a check of its result, cannot be carried out
"""


class LineError(Exception):
    """Something that a person has to mend."""


class ProjectError(LineError):
    """This folder is not a project, or a copy of it cannot be made."""


class ParamsError(LineError):
    """A value, key or section that params.yaml does not have."""


class GraphError(LineError):
    """The graph in dvc.yaml cannot be read, or has no such stage."""


class BusyError(LineError):
    """Another DVC process held the project for too long."""


class RevisionError(LineError):
    """Git does not know this revision, or it holds no line."""


class ReleaseError(LineError):
    """A bundle cannot be judged, or a decision cannot be written down."""


class StageError(LineError):
    """A stage failed."""


class AuditError(LineError):
    """An audit, or a check of its result, cannot be carried out."""
