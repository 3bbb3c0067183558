"""Brand diagnosis: how AI platforms speak of a brand, whom they put before it, and which sources they cite."""
