"""Join and leave logs of other video services, read, matched, shown first, and then counted as presence evidence."""
