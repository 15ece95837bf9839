"""Who is ahead."""
