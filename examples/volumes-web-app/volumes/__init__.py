"""A small web application that lists the volumes of a namespace."""
