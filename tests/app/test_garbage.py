"""What the garbage collector passes over, and what it still finds."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from app import garbage


class Knot:
    """Something that only the collector can remove."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_while_modules_are_loaded_it_does_not_look_and_afterwards_it_does() -> None:
    with garbage.without_looking():
        assert not gc.isenabled()

    assert gc.isenabled()


@pytest.mark.usefixtures("as_before")
def test_it_passes_over_what_is_loaded_and_finds_what_comes_later() -> None:
    old = Knot()
    garbage.keep_what_is_loaded()
    young = Knot()
    seen_old, seen_young = ref(old), ref(young)
    del old, young

    gc.collect()

    assert seen_old() is not None
    assert seen_young() is None
