"""What holds for all tests: how long an example takes tells of the machine, and of no promise."""

from hypothesis import settings

settings.register_profile("usual", deadline=None)
settings.load_profile("usual")
