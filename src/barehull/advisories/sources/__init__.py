"""Who publishes advisories: one source a file, each with its FEEDS."""
