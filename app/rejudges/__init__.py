"""Judging again: in the shadow of what counts, compared with it, then made live or dropped."""
