"""Mail that leaves the house: letters, how they are carried, and the relay that takes them from the outbox."""
