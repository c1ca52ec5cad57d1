"""What holds for all tests: how long an example takes tells of the machine, and of no promise.

CI tries the same examples each time, so that what it refuses is the change; everywhere else they differ.
"""

import os

from hypothesis import settings

settings.register_profile("usual", deadline=None, max_examples=60, derandomize=bool(os.environ.get("CI")))
settings.load_profile("usual")
