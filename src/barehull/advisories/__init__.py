"""Feeds of advisories -> the local store, and how far it reaches."""
