"""How boards are shown: acts of the staff."""
