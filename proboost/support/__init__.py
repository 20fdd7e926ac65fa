"""Support: requests for help and their threads, from wherever somebody is stuck to a specialist's answer."""
