"""Backups: copies of the database that can be trusted, and the way back."""
