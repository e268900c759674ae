"""Who may do what: the one table of it. Every page names what it takes (``opt``), and nobody is let in past this.

Whose rows somebody sees of what they may see is decided where the rows are read (:mod:`training_tracker.access.actor`).
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    PRACTITIONER = "practitioner"
    MANAGER = "manager; a deputy while every manager is on leave, or whom a manager has named for an absence"
    AGENCY_LEAD = "agency's lead"
    PARTNERSHIP_LEAD = "partnership's lead"
    SCRUTINEER = "scrutineer"
    SYSTEM_FOR_FIGURES = "another system, with a token for figures"
    SYSTEM_FOR_COMPLETIONS = "another system, with a token for completions"


class May(StrEnum):
    """What there is to be allowed. ``ANYTHING_OPEN`` takes no signing in."""

    ANYTHING_OPEN = "sign in and out, read help and what is public, and be told whether the service is well"
    SECOND_STEP = "sign in with a second step, and see nothing before it; change the app and the codes for it"
    OWN_RECORD = "read and add to one's own record, say what in it is not right, ask for more time"
    SIGNED_IN = "read what is expected of whom, and the catalogue; search; read all that is kept of oneself"
    PEOPLE = (
        "read people's training and download it; record attendance, leave, exemptions and more time;"
        " confirm what they say they have done, and decide what they say is not right; nudge them by e-mail"
    )
    AGENCY = (
        "read the figures of an agency and what was done in it; decide what it expects of its own people, and what its"
        " e-mails say and when they come"
    )
    SPREADSHEETS = (
        "bring in an agency's people and what they have completed from spreadsheets, and take such completions back"
    )
    CAMPAIGNS = "send one message to some roles, and see who or how many have read it"
    CATALOGUE = (
        "keep the catalogue: add, change and take out of use courses and resources, publish editions, and say what"
        " counts as what and until when"
    )
    PLACES = "say how many places of a course there are"
    LISTS = "keep the strategy's priorities, the agencies and the roles that there are"
    RIGHTS = "see who may see what, give somebody a right and take it back; never give it to oneself"
    PARTNERSHIP = "read every agency's figures, small numbers suppressed, and nobody's name"
    FIGURES_AS_JSON = "read figures as JSON"
    SEND_COMPLETIONS = "send completions, and hear of each row that is refused why"


# Of whom or what, in words; a role that is not named may not. Whoever holds a post, or is about to, is a practitioner;
# a partnership's lead or scrutineer need be none.
PERMISSIONS: Mapping[May, Mapping[Role, str]] = {
    # Whoever may, must. Those who run the tracker do so on its command line, and sign in to no page as such.
    May.SECOND_STEP: dict.fromkeys((Role.AGENCY_LEAD, Role.PARTNERSHIP_LEAD, Role.SCRUTINEER), "their own"),
    May.OWN_RECORD: {Role.PRACTITIONER: "their own"},
    May.SIGNED_IN: dict.fromkeys((Role.PRACTITIONER, Role.PARTNERSHIP_LEAD, Role.SCRUTINEER), "their own"),
    May.PEOPLE: {
        Role.MANAGER: "the people of their teams and of those below, not themselves",
        Role.AGENCY_LEAD: "the people of the agency, not themselves",
    },
    May.AGENCY: {Role.AGENCY_LEAD: "the agency"},
    May.SPREADSHEETS: {Role.AGENCY_LEAD: "the agency, and nobody's completions but of its people, not their own"},
    May.CAMPAIGNS: {
        Role.AGENCY_LEAD: "roles in the agency; who has read it, by name",
        Role.PARTNERSHIP_LEAD: "roles in the partnership's agencies; how many, where they are not few",
    },
    May.LISTS: {
        Role.PARTNERSHIP_LEAD: "the partnership's strategy and agencies; the roles, for everybody, since all share them"
    },
    May.RIGHTS: {
        Role.AGENCY_LEAD: "the agency's leads, and the managers and deputies of its teams",
        Role.PARTNERSHIP_LEAD: "the partnership's leads and scrutineers",
    },
    May.CATALOGUE: {Role.PARTNERSHIP_LEAD: "the catalogue, which all partnerships share"},
    May.PLACES: {Role.PARTNERSHIP_LEAD: "the partnership"},
    May.PARTNERSHIP: {
        Role.PARTNERSHIP_LEAD: "the partnership's agencies",
        Role.SCRUTINEER: "the partnership's agencies",
    },
    May.FIGURES_AS_JSON: {
        Role.SYSTEM_FOR_FIGURES: "the agency it was made for, or the partnership's agencies, small numbers suppressed"
    },
    May.SEND_COMPLETIONS: {Role.SYSTEM_FOR_COMPLETIONS: "whoever holds or held a post in the agency it was made for"},
}

# What takes a token, and no signing in; nothing takes either.
BY_TOKEN = {May.FIGURES_AS_JSON, May.SEND_COMPLETIONS}
