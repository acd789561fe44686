"""`make bench`: the figures vio promises, measured through the real product beside what people would otherwise pick."""
