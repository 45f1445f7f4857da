"""Application -> what it adds to a runtime: layers and configuration. One language a file."""
