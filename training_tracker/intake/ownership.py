"""Whose an expectation is and where it applies: the agencies and teams it names, and whose its code is already."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.expectations.models import Expectation
from training_tracker.intake.configuration import Configuration, ExpectationEntry, MistakesInFiles, ScopeEntry
from training_tracker.naming import fold, nearest
from training_tracker.people.finding import agencies_by_name
from training_tracker.people.models import Agency, Partnership, Team

# An owner as its row says it: the agency or the partnership.
Owner = tuple[int | None, int | None]


class Ownership:
    """Agencies and teams come from imports, and expectations may be another folder's: these files name both."""

    def __init__(self, partnership: Partnership) -> None:
        self.partnership = partnership
        self.agencies: dict[str, tuple[int, str]] = {}
        self.teams: dict[tuple[int, str], list[int]] = {}
        # By the code of the expectation: its owner, and how to say who that is.
        self.owners: dict[str, tuple[Owner, str]] = {}

    @classmethod
    async def load(cls, session: AsyncSession, partnership: Partnership, configuration: Configuration) -> "Ownership":
        """Raises :class:`MistakesInFiles` for every place that is not known and every code that is another's."""
        ownership = cls(partnership)
        ownership.agencies = await agencies_by_name(session)
        for team in await session.execute(select(Team.id, Team.agency_id, Team.name)):
            ownership.teams.setdefault((team.agency_id, fold(team.name)), []).append(team.id)
        owned = (
            select(Expectation.code, Expectation.agency_id, Expectation.partnership_id, Agency.name, Partnership)
            .outerjoin(Agency, Agency.id == Expectation.agency_id)
            .outerjoin(Partnership, Partnership.id == Expectation.partnership_id)
        )
        for code, agency_id, partnership_id, name, other in await session.execute(owned):
            ownership.owners[code] = (agency_id, partnership_id), name or f"{other.name} ({other.code})"
        named = [(entry.place, entry.agency) for entry in configuration.equivalences]
        named += [(entry.place, entry.agency) for entry in configuration.feeds]
        mistakes = [
            f"{place}: {mistake}" for place, agency in named for mistake in ownership._unknown(agency, team=None)
        ]
        mistakes += [
            f"{entry.place}: {mistake}"
            for entry in configuration.expectations
            for mistake in ownership._mistakes(entry)
        ]
        if mistakes:
            raise MistakesInFiles(list(dict.fromkeys(mistakes)))
        return ownership

    def _mistakes(self, entry: ExpectationEntry) -> Iterable[str]:
        for scope in (ScopeEntry(agency=entry.agency), *entry.scopes):
            yield from self._unknown(scope.agency or entry.agency, scope.team)
        known = entry.agency is None or fold(entry.agency) in self.agencies
        if known and entry.code in self.owners:
            owner, name = self.owners[entry.code]
            if owner != self.owner(entry.agency):
                yield f"the expectation of this code belongs to {name}; give this one a code of its own."

    def _unknown(self, agency: str | None, team: str | None) -> list[str]:
        if agency is None:
            return []
        if fold(agency) not in self.agencies:
            alike = nearest(agency, [name for _, name in self.agencies.values()], 1)
            mend = f"did you mean {alike[0]}?" if alike else "import its people first, or correct the name."
            return [f"there is no agency {agency}; {mend}"]
        found = len(self.teams.get((self.agencies[fold(agency)][0], fold(team)), [])) if team else 1
        if found == 1:
            return []
        what = "no team" if found == 0 else f"{found} teams called"
        return [f"{agency} has {what} {team}; {'correct the name' if found == 0 else 'name one that is the only one'}."]

    def owner(self, agency: str | None) -> Owner:
        """The agency that is named, or else the partnership of these files."""
        return (self.agency(agency), None) if agency else (None, self.partnership.id)

    def agency(self, name: str | None) -> int | None:
        return self.agencies[fold(name)][0] if name else None

    def team(self, agency: str | None, name: str | None) -> int | None:
        agency_id = self.agency(agency)
        return self.teams[agency_id, fold(name)][0] if agency_id and name else None
