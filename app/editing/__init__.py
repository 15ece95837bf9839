"""Competitions from the browser: definitions written and checked there, their versions, what they need before they open."""
