"""Warm-up: a pool of communities whose feeds are kept at hand, testers who say what they think, a report of both."""
