"""Tables about languages, official images, distroless variants and ends of life, with their sources and dates."""
