"""The audit: from message events to day rows, from day rows to signals, from signals to a verdict.

Pure functions over Polars frames. No clock, no network, no database, no scheduler.
"""
