"""What holds for all tests: hypothesis times nothing, as machines are busy; decoded pictures lie in a folder apart;
reports are written where a test asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import modelwright

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Point MODELWRIGHT_CACHE to a temporary folder, for this process and those it starts."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELWRIGHT_CACHE", str(folder))
        yield folder


@pytest.fixture(autouse=True, scope="session")
def no_reports() -> Iterator[None]:
    """Train and resume without a report unless `report=True`: it costs a second, and most tests do not look at it."""
    with pytest.MonkeyPatch.context() as patch:
        for function in (modelwright.train, modelwright.resume):
            patch.setitem(function.__kwdefaults__, "report", False)
        yield
