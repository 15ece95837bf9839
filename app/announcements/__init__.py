"""What staff announce on a competition's page."""
