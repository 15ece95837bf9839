"""One row for each method and path that the service answers. A route without a row answers nobody."""

from collections.abc import Mapping

from app.authorisation.rules import Need, Place, Rule

COURSE, COMPETITION, SUBMISSION = Place.COURSE, Place.COMPETITION, Place.SUBMISSION
ANYONE, SIGNED_IN = Rule(Need.ANYONE), Rule(Need.SIGNED_IN)
OWN_ACCOUNT = Rule(Need.SIGNED_IN, by_session=True)
MAKER, ADMIN = Rule(Need.COURSE_MAKER), Rule(Need.ADMIN)

TABLE: Mapping[str, Rule] = {
    # For everybody
    "GET /": ANYONE,
    "GET /healthz": ANYONE,
    "GET /readyz": ANYONE,
    "GET /help": ANYONE,
    "GET /docs": ANYONE,
    "GET /openapi.json": ANYONE,
    "HEAD /openapi.json": ANYONE,
    # One's own account
    "GET /login": ANYONE,
    "POST /login": ANYONE,
    "POST /logout": ANYONE,
    "GET /links/{token}": ANYONE,
    "POST /links/{token}": ANYONE,
    "GET /oidc/start": ANYONE,
    "GET /oidc/callback": ANYONE,
    "GET /account": SIGNED_IN,
    "POST /account/identities/{identity_id}/removal": OWN_ACCOUNT,
    "POST /account/tokens": OWN_ACCOUNT,
    "POST /account/tokens/{token_id}/revoke": OWN_ACCOUNT,
    "POST /account/sessions/{session_id}/revoke": OWN_ACCOUNT,
    "POST /account/password": OWN_ACCOUNT,
    # Courses and their people
    "GET /courses": SIGNED_IN,
    "POST /courses": MAKER,
    "GET /courses/{course}": Rule(Need.MEMBER, COURSE),
    "GET /courses/{course}/people": Rule(Need.STAFF, COURSE),
    "POST /courses/{course}/people": Rule(Need.INSTRUCTOR, COURSE),
    "GET /courses/{course}/people/{user_id}": Rule(Need.STAFF, COURSE),
    "POST /courses/{course}/people/{user_id}": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/people/{user_id}/removal": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/people/{user_id}/access": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/people/{user_id}/link": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/rosters": Rule(Need.INSTRUCTOR, COURSE),
    "GET /courses/{course}/rosters/{roster_id}": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/rosters/{roster_id}/columns": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/rosters/{roster_id}/confirmation": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/join-code": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/join-code/removal": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/invitations": Rule(Need.INSTRUCTOR, COURSE),
    "GET /join": ANYONE,
    "POST /join": ANYONE,
    # Everybody who has an account
    "GET /people": ADMIN,
    "POST /people/{user_id}/rights": ADMIN,
    "POST /people/{user_id}/access": ADMIN,
    "POST /people/{user_id}/link": ADMIN,
    # Competitions
    "GET /competitions": SIGNED_IN,
    "GET /competitions/{slug}": Rule(Need.MEMBER, COMPETITION),
    "GET /competitions/{slug}/leaderboard": Rule(Need.MEMBER, COMPETITION),
    "GET /competitions/{slug}/pareto": Rule(Need.MEMBER, COMPETITION),
    "GET /competitions/{slug}/submissions": Rule(Need.STAFF, COMPETITION),
    # Teams
    "GET /competitions/{slug}/team": Rule(Need.MEMBER, COMPETITION),
    "POST /competitions/{slug}/team/name": Rule(Need.MEMBER, COMPETITION),
    "POST /competitions/{slug}/team/invitations": Rule(Need.MEMBER, COMPETITION),
    "POST /competitions/{slug}/team/invitations/{invitation_id}/acceptance": Rule(Need.MEMBER, COMPETITION),
    "POST /competitions/{slug}/team/invitations/{invitation_id}/removal": Rule(Need.MEMBER, COMPETITION),
    "POST /competitions/{slug}/team/link": Rule(Need.MEMBER, COMPETITION),
    "POST /competitions/{slug}/team/link/removal": Rule(Need.MEMBER, COMPETITION),
    "POST /competitions/{slug}/team/joining": Rule(Need.MEMBER, COMPETITION),
    "POST /competitions/{slug}/team/leaving": Rule(Need.MEMBER, COMPETITION),
    "GET /competitions/{slug}/teams": Rule(Need.STAFF, COMPETITION),
    "POST /competitions/{slug}/teams/import": Rule(Need.INSTRUCTOR, COMPETITION),
    "POST /competitions/{slug}/teams/assignment": Rule(Need.INSTRUCTOR, COMPETITION),
    "POST /competitions/{slug}/teams/{entrant_id}/name": Rule(Need.INSTRUCTOR, COMPETITION),
    # Making and changing competitions
    "GET /competition-schema.json": ANYONE,
    "GET /courses/{course}/competitions/new": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/competitions": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/competitions/validation": Rule(Need.INSTRUCTOR, COURSE),
    "GET /courses/{course}/datasets": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/datasets": Rule(Need.INSTRUCTOR, COURSE),
    "GET /courses/{course}/networks": Rule(Need.INSTRUCTOR, COURSE),
    "POST /courses/{course}/networks": Rule(Need.INSTRUCTOR, COURSE),
    "GET /competitions/{slug}/definition": Rule(Need.INSTRUCTOR, COMPETITION),
    "POST /competitions/{slug}/definition": Rule(Need.INSTRUCTOR, COMPETITION),
    "GET /competitions/{slug}/versions": Rule(Need.INSTRUCTOR, COMPETITION),
    "GET /competitions/{slug}/versions/{number}": Rule(Need.INSTRUCTOR, COMPETITION),
    "GET /competitions/{slug}/setup": Rule(Need.INSTRUCTOR, COMPETITION),
    "POST /competitions/{slug}/dataset": Rule(Need.INSTRUCTOR, COMPETITION),
    "POST /competitions/{slug}/opening": Rule(Need.INSTRUCTOR, COMPETITION),
    "POST /competitions/{slug}/closing": Rule(Need.INSTRUCTOR, COMPETITION),
    # Grades
    "GET /competitions/{slug}/points": Rule(Need.MEMBER, COMPETITION),
    "GET /competitions/{slug}/grades": Rule(Need.STAFF, COMPETITION),
    "GET /competitions/{slug}/grades/{user_id}": Rule(Need.STAFF, COMPETITION),
    "POST /competitions/{slug}/grades/{user_id}/hand-points": Rule(Need.STAFF, COMPETITION),
    "POST /competitions/{slug}/grades/{user_id}/adjustments": Rule(Need.INSTRUCTOR, COMPETITION),
    "POST /competitions/{slug}/grades/{user_id}/adjustments/{adjustment_id}/removal": Rule(
        Need.INSTRUCTOR, COMPETITION
    ),
    "POST /competitions/{slug}/grades/{user_id}/extension": Rule(Need.INSTRUCTOR, COMPETITION),
    # Submissions
    "GET /submissions": SIGNED_IN,
    "POST /submissions": SIGNED_IN,
    "GET /submissions/{submission_id}": Rule(Need.PART, SUBMISSION),
    "GET /submissions/{submission_id}/files/{file_id}": Rule(Need.PART, SUBMISSION),
    "GET /submissions/{submission_id}/compacted/{kind}": Rule(Need.PART, SUBMISSION),
    "PUT /submissions/{submission_id}/reference": Rule(Need.OWNER, SUBMISSION),
    "DELETE /submissions/{submission_id}/reference": Rule(Need.OWNER, SUBMISSION),
    "POST /submissions/{submission_id}/reference": Rule(Need.OWNER, SUBMISSION),
    "PUT /submissions/{submission_id}/choice": Rule(Need.OWNER, SUBMISSION),
    "DELETE /submissions/{submission_id}/choice": Rule(Need.OWNER, SUBMISSION),
    "POST /submissions/{submission_id}/choice": Rule(Need.OWNER, SUBMISSION),
    "POST /submissions/{submission_id}/gradings": Rule(Need.STAFF, SUBMISSION),
}
