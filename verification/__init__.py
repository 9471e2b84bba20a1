"""Verification: both promises proved from outside, by the log, the journal and the rules alone."""

from verification.proof import Progress, Verification, verify
from verification.rendering import table
from verification.report import Check, Difference, Report

__all__ = ["Check", "Difference", "Progress", "Report", "Verification", "table", "verify"]
