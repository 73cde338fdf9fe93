"""The error tree. Catch `DetectorError` to catch everything that bad input can cause.

    DetectorError
      ConfigError      a setting is unknown, missing or out of range
      SchemaError      tables that cannot be read as the canonical tables at all
      FeatureError     a feature was asked for that does not exist
      ModelError       a model does not fit the features or was not fitted
      SourceError      a file or database of records refuses or is not what it should be
        SnapshotBusyError  another pull into the same snapshot is running
      ContractBrokenError  so much was set aside that the rest cannot be believed
      SinkError        the alert database refuses or is not what it should be
        StoreBusyError   another scan is writing to it; running again is all there is to do
      HandlingError    what was asked of an alert is not allowed in its state, or not to this person

A message says what was found, what was expected and what to do. Single bad rows are not errors: they are
set aside as `Problem`s (see `detector.contract`) and the work goes on. Whatever is not a `DetectorError`
is a defect of this program and keeps its traceback.
"""


class DetectorError(Exception):
    """Base of every error that a person can mend by changing input, settings or rights."""


class ConfigError(DetectorError):
    """A setting is unknown, missing or out of range."""


class SchemaError(DetectorError):
    """A table or key column that nothing can be computed without is absent."""


class FeatureError(DetectorError):
    """A feature code is unknown."""


class ModelError(DetectorError):
    """A model was not fitted, or was fitted on other features."""


class SourceError(DetectorError):
    """A source of records cannot be read."""


class SnapshotBusyError(SourceError):
    """Another pull into the same snapshot is running. Nothing was changed; run again."""


class ContractBrokenError(DetectorError):
    """More rows or values were set aside than allowed: the mapping or the source is wrong, nothing was judged."""


class SinkError(DetectorError):
    """The alert database cannot be written."""


class StoreBusyError(SinkError):
    """Another scan is writing to the same alert store. Nothing was written; run again."""


class HandlingError(DetectorError):
    """What was asked of an alert is not allowed: its state, a missing statement or second person is against it."""
