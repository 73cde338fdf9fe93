"""Detector finds the few trades worth opening among thousands of public-resource trades, and says why."""

__version__ = "0.1.0"
