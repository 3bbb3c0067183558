"""Runs jobs. It writes facts through one door, the journal, and never imports the channels that carry them."""
