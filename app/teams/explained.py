"""What goes wrong with teams, in words: by code its meaning, and what to do then."""

CODES = {
    "no-teams": (
        "In this competition everybody competes alone.",
        "Its staff declare `course.teams` where teams may be.",
    ),
    "teams-by-staff": ("The staff form the teams.", "Ask them to put you into one."),
    "teams-frozen": ("The time in which students change their teams is over.", "Ask the staff; they still can."),
    "team-staff": ("Staff compete in no team.", "Assign students on the page of all teams."),
    "team-full": ("The team has as many members as it may have.", "Join another one, or start your own."),
    "team-already": ("The person is in this team.", "There is nothing to do."),
    "team-alone": ("You are in no team with others.", "There is nothing to leave."),
    "team-invitations": ("Too many invitations of the team are open.", "Withdraw one first."),
    "team-has-submissions": (
        "Something that you handed in counts for the entry that you would leave.",
        "Let the others join your entry instead, or ask the staff to move you.",
    ),
    "team-has-decisions": (
        "The staff have granted or decided something for your entry, which would be lost.",
        "Ask them to move you.",
    ),
    "team-name": ("A team's name is empty or too long.", "The answer says how many characters it may have."),
    "team-name-taken": ("Another entry or a baseline on the board has this name.", "Choose another one."),
    "teams-csv": (
        "The file of teams cannot be read.",
        "Write a first line `team,email`, then a line for each student.",
    ),
    "teams-problems": ("Some lines of the file cannot be done.", "The answer names them. Nothing was changed."),
    "teams-changed": ("Something has changed since the dry run.", "Look at the plan again. Nothing was changed."),
}
