"""Grades: what measured scores, points by hand and the staff's decisions come to."""
