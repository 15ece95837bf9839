"""Finalists: the leaders of a board, whose code is asked for and looked at by the staff."""
