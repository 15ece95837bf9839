"""Configurations of networks, as the tests need them."""

from tests.grader.networks.conftest import sequential

__all__ = ["sequential"]
