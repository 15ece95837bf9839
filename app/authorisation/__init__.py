"""Who may ask for what: one table for all routes, read before any of them runs."""
