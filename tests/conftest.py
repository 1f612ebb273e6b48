"""Settings of the whole suite."""

import hypothesis

# The time of one example says nothing on a busy machine.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.load_profile("default")
