"""What Jindu costs beside its peers, measured in one run: `python -m benchmarks` (see README.md)."""
