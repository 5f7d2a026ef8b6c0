"""The storm blows beside all the other long tests: it begins before the first and is looked at after the last."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.soak.storm import Storm

FIRST, LAST = "test_a_storm_begins", "test_what_the_storm_left_behind"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: (item.name == LAST) - (item.name == FIRST))


@pytest.fixture(scope="session")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    made = Storm(tmp_path_factory.mktemp("storm"))
    try:
        yield made
    finally:
        made.close()
