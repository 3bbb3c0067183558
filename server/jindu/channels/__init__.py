"""Carries committed events to people. It reads the log and hears the bus; it never imports the engine."""
