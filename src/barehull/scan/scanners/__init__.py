"""Scanners of others that can take the place of our own: one file each, found by name (osv_scanner is osv-scanner).

Each has its user's configuration; what is its own affair is not overridden, but for what would hide findings from us.
"""
