"""Alembic migrations, one head."""
