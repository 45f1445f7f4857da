"""Signatures of images."""
