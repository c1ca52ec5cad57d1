"""The stages' company and its clock: attacks go against the same small installation."""

from __future__ import annotations

from tests.stages.conftest import clock, company, quick, slack

__all__ = ["clock", "company", "quick", "slack"]
