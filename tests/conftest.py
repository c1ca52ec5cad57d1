"""What holds for all tests: how long an example takes tells of the machine, and of no promise."""

from hypothesis import settings

settings.register_profile("usual", deadline=None, max_examples=60)
settings.load_profile("usual")
