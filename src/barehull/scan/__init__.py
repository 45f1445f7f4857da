"""Inventory x advisories -> Scan."""
