"""Settings for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadlines: the machine may be busy. On a build server examples are the same each time, so that a
# change is not blamed for what it did not cause; everywhere else they are new ones.
settings.register_profile("whygrad", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("whygrad")
