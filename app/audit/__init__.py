"""Who of the staff did what, and why."""
