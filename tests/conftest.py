"""What holds for every test: in CI nothing is skipped silently."""

import os
from collections.abc import Generator
from typing import Any

import pytest

# Node ids, as pytest prints them, of tests that CI may skip; each with the reason in a comment beside it.
ALLOWED_SKIPS: frozenset[str] = frozenset(
    {
        "tests/docs/test_task_status.py::test_the_examples_do_what_they_say[js]",  # no Node.js, and none may be installed
        "tests/docs/test_monitoring.py::test_prometheus_takes_them",  # no promtool: 100 MB for one look
        "tests/chaos/test_disk.py::test_a_real_error_of_fdatasync_is_taken_so",  # no strace; its twin makes the error
        # no nginx: its package would start one that listens everywhere
        "tests/examples/test_config_deploy.py::test_behind_a_real_nginx",
        # faults that need root
        "tests/wire/test_narrow.py::test_a_client_behind_little_bandwidth_ends_with_each_result_once",
    }
)


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A skip fails in CI (`CI` is set): a test that does not run proves nothing. What is expected to fail is no skip."""
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail") or report.nodeid in ALLOWED_SKIPS:
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} was skipped ({reason}): in CI only what ALLOWED_SKIPS names may be"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Modules that skip themselves as a whole."""
    report = yield
    _refuse(report)
    return report
