"""What `jindu demo` serves: the brand diagnosis, and what goes on around it, so that the page has something to show."""
