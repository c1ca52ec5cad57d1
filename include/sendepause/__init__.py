"""Sendepause: the silence between two broadcasts, on the right accounts, before the date."""
