"""The people as whom a guest of the demo looks around: one for each way of using the program."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.granting import add_outsider, scrutinise
from training_tracker.access.models import AccessRole, Grant
from training_tracker.demo.agencies import CARE_BOARD, COUNCIL, SOCIAL_CARE, TRUST
from training_tracker.people.agencies import below
from training_tracker.people.models import Agency, Partnership, Post, Practitioner, Role, Team, TeamManager
from training_tracker.people.posts import not_over
from training_tracker.standing.status import Status, standings_on

SCRUTINEER = "scrutineer@independent.example"


@dataclass(frozen=True, slots=True)
class Guest:
    """A person of the region to sign in as; ``description`` says in one line who they are and what they see."""

    practitioner_id: int
    name: str
    description: str


async def invite(session: AsyncSession) -> None:
    """Give two people of the region their rights, an agency's lead and the partnership's lead, and let somebody who
    works for none of its agencies scrutinise the partnership.
    """
    trust = await _agency(session, TRUST)
    agency_lead, partnership_lead = await _leads(session, trust)
    partnership = (await session.scalars(select(Partnership))).one()
    session.add_all(
        [
            Grant(practitioner_id=agency_lead.id, role=AccessRole.AGENCY_LEAD, agency_id=trust.id),
            Grant(
                practitioner_id=partnership_lead.id,
                role=AccessRole.PARTNERSHIP_LEAD,
                partnership_id=partnership.id,
            ),
        ]
    )
    await add_outsider(session, SCRUTINEER, "Rowan Ashby")
    await scrutinise(session, (await _scrutineer(session)).id, partnership.id)


async def guests(session: AsyncSession, today: date) -> tuple[Guest, Guest, Guest, Guest, Guest]:
    """A practitioner, a manager, an agency's lead, the partnership's lead and its scrutineer."""
    council, trust = await _agency(session, COUNCIL), await _agency(session, TRUST)
    social_care = (
        await session.scalars(select(Team).where(Team.agency_id == council.id, Team.name == SOCIAL_CARE))
    ).one()
    agency_lead, partnership_lead = await _leads(session, trust)
    partnership = (await session.scalars(select(Partnership))).one()
    practitioner = await _telling_practitioner(session, social_care, today)
    scrutineer = await _scrutineer(session)
    manager = await _manager(session, council, SOCIAL_CARE)
    return (
        practitioner,
        Guest(manager.id, manager.name, f"manages {SOCIAL_CARE} at {COUNCIL}, with the teams below it"),
        Guest(agency_lead.id, agency_lead.name, f"leads safeguarding training at {TRUST}"),
        Guest(partnership_lead.id, partnership_lead.name, f"leads training for the {partnership.name}"),
        Guest(scrutineer.id, scrutineer.name, f"scrutinises the {partnership.name}, independent of its agencies"),
    )


async def search(session: AsyncSession, name: str, today: date) -> list[Guest]:
    """Up to twenty people in a post whose name has these letters in it."""
    rows = await session.execute(
        select(Practitioner.id, Practitioner.name, func.min(Role.name), func.min(Team.name), func.min(Agency.name))
        .join(Post, Post.practitioner_id == Practitioner.id)
        .join(Role, Role.id == Post.role_id)
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .where(
            Practitioner.name.icontains(name.strip(), autoescape=True),
            not_over(today),
        )
        .group_by(Practitioner.id, Practitioner.name)
        .order_by(Practitioner.name, Practitioner.id)
        .limit(20)
    )
    return [Guest(person, full, f"{role}, {team}, {agency}") for person, full, role, team, agency in rows]


async def _leads(session: AsyncSession, trust: Agency) -> tuple[Practitioner, Practitioner]:
    return (
        await _manager(session, trust, "Safeguarding"),
        await _manager(session, await _agency(session, CARE_BOARD), CARE_BOARD),
    )


async def _scrutineer(session: AsyncSession) -> Practitioner:
    return (await session.scalars(select(Practitioner).where(Practitioner.email == SCRUTINEER))).one()


async def _agency(session: AsyncSession, name: str) -> Agency:
    return (await session.scalars(select(Agency).where(Agency.name == name))).one()


async def _manager(session: AsyncSession, agency: Agency, team: str) -> Practitioner:
    managers = await session.scalars(
        select(Practitioner)
        .join(TeamManager, TeamManager.practitioner_id == Practitioner.id)
        .join(Team, Team.id == TeamManager.team_id)
        .where(Team.agency_id == agency.id, Team.name == team)
        .order_by(Practitioner.id)
    )
    return managers.one()


async def _telling_practitioner(session: AsyncSession, team: Team, today: date) -> Guest:
    """Somebody in or below a team, in one present post, whose page shows most: overdue, due soon and done."""
    one_post = select(Post.practitioner_id).group_by(Post.practitioner_id).having(func.count() == 1).scalar_subquery()
    teams = below(team.id)
    standing = standings_on(today, today=today, posts=lambda post: post.c.team_id.in_(teams))
    kinds = (Status.OVERDUE, Status.DUE_SOON, Status.COMPLIANT)
    has = [func.max(case((standing.c.status == kind.value, 1), else_=0)) for kind in kinds]
    statement = (
        select(Practitioner.id, Practitioner.name, func.min(Role.name), func.min(Team.name), *has)
        .join(standing, standing.c.practitioner_id == Practitioner.id)
        .join(Role, Role.id == standing.c.role_id)
        .join(Team, Team.id == standing.c.team_id)
        .where(Practitioner.id.in_(one_post))
        .group_by(Practitioner.id, Practitioner.name)
        .order_by(sum(has[1:], has[0]).desc(), Practitioner.id)
        .limit(1)
    )
    practitioner_id, name, role, team_name, *there = (await session.execute(statement)).one()
    sees = " and ".join(f"something {kind}" for kind, is_there in zip(kinds[:2], there, strict=False) if is_there)
    return Guest(practitioner_id, name, f"{role.lower()} in {team_name}, {COUNCIL}, with {sees}")
