"""What students run on their own machines: no server, no database, and torch only where a command needs it."""
