"""Several weight files in one archive: what each is for, and what the steps between them cost."""
