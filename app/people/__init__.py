"""The people of courses: who is in, rosters, join codes and links."""
