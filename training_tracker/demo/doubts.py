"""What some people of the invented region say they have done, and what they say is not right: their managers decide."""

from datetime import date, timedelta

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import add_months
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.finding import item_by_code
from training_tracker.catalogue.models import Mark
from training_tracker.demo.agencies import COUNCIL, SOCIAL_CARE
from training_tracker.expectations.models import Expectation, Method
from training_tracker.expectations.publishing import Rule, Scope, publish
from training_tracker.people.agencies import below
from training_tracker.people.models import Agency, Post, Practitioner, Role, Team
from training_tracker.people.posts import in_post
from training_tracker.records.disputing import dispute
from training_tracker.records.models import Completion, Wrong
from training_tracker.records.recording import NewCompletion, record_completion

# The council asks to see the certificate of what the partnership takes anybody's word for.
ITEM, ROLE, MONTHS = "CSA-IFA", "csc-social-worker", 36
SAY_SO = 6


async def declare_some(session: AsyncSession, today: date, by: str) -> None:
    """Let the council ask for a certificate, and some of its social workers say that they have been to the course."""
    council = (await session.scalars(select(Agency).where(Agency.name == COUNCIL))).one()
    role = (await session.scalars(select(Role).where(Role.code == ROLE))).one()
    item = await item_by_code(session, ITEM)
    own = Expectation(
        code="CSA-IFA-CERTIFICATE", title="Intra-familial CSA, with the certificate seen", agency_id=council.id
    )
    session.add(own)
    await session.flush()
    rule = Rule(
        effective_from=add_months(today, -12),
        first_due_days=365,
        method=Method.COMPLETION,
        period_months=MONTHS,
        mark=Mark.ILLUSTRATIVE,
        least_strength=Strength.CERTIFICATE_SEEN,
        source="Illustrative",
        rationale="A day of practice is worth asking about: whoever manages you looks at the certificate with you.",
        items=frozenset({item.id}),
        scopes=frozenset({Scope(agency_id=council.id, role_id=role.id)}),
    )
    await publish(session, own.id, rule, by)
    has_it = exists().where(
        Completion.practitioner_id == Practitioner.id,
        Completion.item_id == item.id,
        Completion.completed_on > add_months(today, -MONTHS),
    )
    without = (await _social_care(session, council, today)).where(Post.role_id == role.id, ~has_it).limit(SAY_SO)
    for number, person in enumerate(await session.scalars(without)):
        done = NewCompletion(
            person.id,
            item.id,
            today - timedelta(days=3 + 2 * number),
            evidence=f"Certificate IFA-{101 + number}, in my folder",
            source="Own record",
            strength=Strength.SELF_DECLARED,
        )
        await record_completion(session, done, by=person.email or by, today=today)


async def dispute_some(session: AsyncSession, practitioner_id: int, today: date) -> None:
    """Let this person, and one colleague, say of what they completed last that it is not right."""
    council = (await session.scalars(select(Agency).where(Agency.name == COUNCIL))).one()
    recorded = (
        select(Completion)
        .where(Completion.strength != Strength.SELF_DECLARED, Completion.voided_at.is_(None))
        .order_by(Completion.completed_on.desc(), Completion.id)
        .limit(1)
    )
    workers = await _social_care(session, council, today)
    others = workers.where(Practitioner.id != practitioner_id).with_only_columns(Practitioner.id).order_by(None)
    for whose, wrong, words in (
        (
            Completion.practitioner_id == practitioner_id,
            Wrong.DAY,
            "It was a week later: the first date was called off.",
        ),
        (Completion.practitioner_id.in_(others), Wrong.NOT_DONE, "I was ill on that day."),
    ):
        for one in await session.scalars(recorded.where(whose)):
            await dispute(session, one.fact, council.id, wrong, words)


async def _social_care(session: AsyncSession, council: Agency, today: date) -> Select[Practitioner]:
    """Select who works in the council's social care or a team below it."""
    top = select(Team.id).where(Team.agency_id == council.id, Team.name == SOCIAL_CARE)
    teams = below((await session.scalars(top)).one())
    return (
        select(Practitioner)
        .join(Post, Post.practitioner_id == Practitioner.id)
        .where(Post.team_id.in_(teams), in_post(today))
        .order_by(Practitioner.id)
    )
