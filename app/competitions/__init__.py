"""Competitions and the versions of their definitions."""
