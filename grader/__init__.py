"""Grades a weight file against a competition: a file and a definition in, a report out."""
