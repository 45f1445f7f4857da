"""One cataloguer a file: what of its kind is in an image. Found by the folder."""
