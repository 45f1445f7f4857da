"""What well-known programs do: what they install, what they build."""
