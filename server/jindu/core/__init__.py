"""Truth, pure: what a job is, how it changes, what is said about it. No I/O of any kind lives here."""
