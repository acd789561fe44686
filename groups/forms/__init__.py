"""What pages of WHO take in: every input is parsed into a type here."""
