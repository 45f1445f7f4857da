"""OCI images as values: layers, manifests, layouts, and the files they add up to. Knows no Debian."""
