"""A folder of source -> Application: its language, how it is configured, what it needs and how it starts."""
