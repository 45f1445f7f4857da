"""What kinds of files say of the software in them: for cataloguers, and for files that nobody owns."""
