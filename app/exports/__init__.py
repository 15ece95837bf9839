"""Everything of a competition as one archive."""
