"""How a competition goes, for its staff: what needs them first, the class, the queue, the machine."""
