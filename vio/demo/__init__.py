"""The demo program: invented people, and weeks of history made through the product's own services."""
