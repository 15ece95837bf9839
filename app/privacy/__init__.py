"""What the service holds of one person: all of it in their hands, and its erasure."""
