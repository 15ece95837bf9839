"""Starter kits for students and reference solutions for staff."""
