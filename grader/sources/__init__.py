"""Students' source code: read, and never run."""
