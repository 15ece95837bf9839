"""Grades in the forms that other systems read: Gradescope's, Canvas' and Moodle's."""
