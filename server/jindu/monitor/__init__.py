"""Watching over the server: what is told to people is held against what is stored."""
