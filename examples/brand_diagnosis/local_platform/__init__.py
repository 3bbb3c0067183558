"""A small AI platform for use without keys: the OpenAI chat API over real text, the packages installed on this machine."""
