"""A page in a browser that submits a job, shows it moving, and survives whatever the network does."""
