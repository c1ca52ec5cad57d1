"""What holds for all tests: how long an example takes says something of the machine, and nothing of a promise."""

from hypothesis import settings

settings.register_profile("usual", deadline=None)
settings.load_profile("usual")
