"""Teams: students who compete as one entrant, formed by invitation or by the staff."""
