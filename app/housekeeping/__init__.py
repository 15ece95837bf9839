"""What keeps a small disk from filling: files that nobody knows, and what was left half done."""
