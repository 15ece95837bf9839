"""Help inside the service: how to hand in, every message, every field of a definition, and the documents, searchable."""
