"""Baselines that staff put on the board beside those of the definition: as numbers, or as files."""
