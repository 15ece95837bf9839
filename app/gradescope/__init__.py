"""Gradescope as the front door: results as it reads them, and the autograder that forwards a student's file."""
