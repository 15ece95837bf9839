"""Disqualifications, and the notes that staff write for each other."""
