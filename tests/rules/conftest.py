"""Property tests on a shared machine: no per-example deadline, a slow neighbour is no defect."""

from hypothesis import settings

settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
