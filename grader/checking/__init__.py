"""Arrays against a network: every problem at once."""
