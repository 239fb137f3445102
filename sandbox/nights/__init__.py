"""Composed nights: no row in them was ever logged by a real gateway."""
