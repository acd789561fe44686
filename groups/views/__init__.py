"""Pages of WHO."""
