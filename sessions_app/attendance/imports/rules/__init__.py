"""What a log says, pure: one parser a vendor, then one way of pairing, judging and matching for all of them."""
