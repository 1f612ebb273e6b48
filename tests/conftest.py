"""Settings of the whole suite."""

import hypothesis
import pytest

pytest_plugins = ["tests.servers.fixtures"]

# The time of one example, or of making it, says nothing on a busy machine.
hypothesis.settings.register_profile(
    "default", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("default")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tools that tests ran said of themselves (their ``summary`` property)."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "summary":
                terminalreporter.section(report.nodeid)
                terminalreporter.write_line(str(text))
