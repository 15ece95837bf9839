"""What students run on their own machines: no server, no database, and torch only where a command needs it.

In a notebook: `import secateur; secateur.submit("my_model_weights.h5")`.
"""

from client.notebook import Card, check, login, submit

__all__ = ["Card", "check", "login", "submit"]
