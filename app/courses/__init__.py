"""Courses, their members, and who competes as whom."""
