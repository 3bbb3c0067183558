"""The loads: each function drives one server once and returns what it cost."""
