"""Bytes to named arrays. Runs in the jail; refuses, never repairs."""
