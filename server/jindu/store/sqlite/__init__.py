"""The SQLite form of the store: one file, one process, one writer."""
