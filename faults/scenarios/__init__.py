"""The scenarios. Each module names the requirements it shows (`SHOWS`) and plays (`run`)."""
