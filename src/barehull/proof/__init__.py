"""Proofs on a finished image: one check per file in checks/, discovered; nothing of the image is ever run."""
