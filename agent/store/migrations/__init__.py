"""Alembic's folder: `env.py` runs them, `versions/` holds one file a layout. Only Alembic imports from here."""
