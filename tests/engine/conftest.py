"""Settings of the engine's tests: time limits for each example would fail on a busy machine."""

from hypothesis import settings

settings.register_profile("engine", deadline=None)
settings.load_profile("engine")
