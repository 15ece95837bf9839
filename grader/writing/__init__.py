"""Weights as files that a student's framework opens, written without it."""
