"""The built-in competition definitions and the small demo."""
