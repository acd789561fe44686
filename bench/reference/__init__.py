"""The servers that vio is compared with, small and ours, run in the same minutes on the same cores."""
