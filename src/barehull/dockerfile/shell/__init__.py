"""The shell inside RUN: a script -> its simple commands, with their words and their environment."""
