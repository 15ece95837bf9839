"""What goes wrong with gradebooks, in words: by code its meaning, and what to do then."""

CODES = {
    "sheet-form": ("The file is no CSV in UTF-8.", "Take it as the other system exports it, without opening it."),
    "canvas-file": ("The file is none that Canvas exports.", "In Canvas: Grades, Export, Export Entire Gradebook."),
    "canvas-column": ("The column cannot be filled.", "The answer says which columns there are."),
}
