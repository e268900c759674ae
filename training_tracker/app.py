"""The composition root: settings become an application with its database, its pages and its scheduler."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader, State
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from training_tracker.access.openid import Providers
from training_tracker.access.permissions import May
from training_tracker.api.addresses import addresses, document
from training_tracker.api.errors import answers
from training_tracker.demo.pages import demo_pages
from training_tracker.logs import configure_logs
from training_tracker.schedule.running import scheduler
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect
from training_tracker.web import outside
from training_tracker.web.agencies import Agencies
from training_tracker.web.agency import OurAgency
from training_tracker.web.attendance import Attendances, Attending, AttendingPeople
from training_tracker.web.board_pack import BoardPack
from training_tracker.web.calendar_feed import MyCalendar, calendar_feed
from training_tracker.web.campaigns import Campaigns
from training_tracker.web.catalogue import Catalogue, ReferenceLists
from training_tracker.web.catalogue_editions import KeepingEditions
from training_tracker.web.catalogue_equivalences import KeepingEquivalences
from training_tracker.web.catalogue_items import KeepingItems, OutOfUse
from training_tracker.web.catalogue_windows import KeepingWindows
from training_tracker.web.certificates import MyCertificates, TheirCertificates
from training_tracker.web.confirming import Confirmations, Confirming
from training_tracker.web.dependencies import DEPENDENCIES, MAY, admit
from training_tracker.web.deputies import Deputies
from training_tracker.web.disputes import Disputed, MyDisputes
from training_tracker.web.emails import OneEmail, OurEmails
from training_tracker.web.errors import HANDLERS
from training_tracker.web.exemptions import Exemptions
from training_tracker.web.expectation_endings import EndingExpectations
from training_tracker.web.expectations import Expectations
from training_tracker.web.extensions import ExtensionsOfOthers, MyExtensions
from training_tracker.web.falling_due import FallingDue
from training_tracker.web.history import AgencyHistory, MyData, MyHistory
from training_tracker.web.importing import Spreadsheets
from training_tracker.web.leave import LeaveOfOthers
from training_tracker.web.me import MyCompletions, MyTraining
from training_tracker.web.notices import MyNotices
from training_tracker.web.nudging import Nudges
from training_tracker.web.our_expectations import OurExpectations
from training_tracker.web.our_imports import OneImport, OurImports
from training_tracker.web.our_people import OurPeople
from training_tracker.web.own_summary import OwnSummary
from training_tracker.web.partnership import ThePartnership
from training_tracker.web.passports import CheckingPassports, MyPassports, record_as_paper
from training_tracker.web.priorities import Priorities
from training_tracker.web.protection import Accounted, form_tokens, guarding, refuse_nul, session_cookie
from training_tracker.web.providers import SigningInElsewhere
from training_tracker.web.rendering import STATIC, templates
from training_tracker.web.resources import MyResources
from training_tracker.web.retention import Retention
from training_tracker.web.rights import Rights
from training_tracker.web.role_groups import RoleGroups
from training_tracker.web.roles import Roles
from training_tracker.web.searching import Search
from training_tracker.web.second_step import MySignIn, SecondStepAtSignIn
from training_tracker.web.signing_in import SigningIn, sign_out, sign_out_everywhere
from training_tracker.web.snoozing import Snoozes
from training_tracker.web.team import MyTeam

LARGEST_FORM = 64 * 1024
A_YEAR = 365 * 24 * 60 * 60


def create_app(settings: Settings | None = None) -> Litestar:
    """The application of these settings; without any, of the environment's."""
    if settings is None:
        configure_logs()  # a process of its own, begun by the server
        settings = Settings()
    own: list[ControllerRouterHandler] = [
        *(MyTraining, MyCompletions, MyCertificates, MyResources, MyDisputes, MyExtensions, MyNotices),
        *(MyPassports, record_as_paper, MyCalendar, MyHistory, MyData),
    ]
    team = [
        *(MyTeam, Attending, AttendingPeople, Attendances, Confirming, Confirmations, TheirCertificates, Disputed),
        *(ExtensionsOfOthers, LeaveOfOthers, Exemptions, Snoozes, Nudges, OwnSummary, Deputies),
    ]
    pages = [
        *own,
        *team,
        OurAgency,
        OurExpectations,
        EndingExpectations,
        OurPeople,
        OurImports,
        OneImport,
        AgencyHistory,
        Retention,
        ReferenceLists,
        Priorities,
        Agencies,
        Roles,
        RoleGroups,
        Rights,
        Search,
        OurEmails,
        OneEmail,
        BoardPack,
        FallingDue,
        ThePartnership,
        Campaigns,
        Expectations,
        Catalogue,
        KeepingItems,
        KeepingEditions,
        KeepingEquivalences,
        KeepingWindows,
        OutOfUse,
        Spreadsheets,
    ]
    ways_in = demo_pages() if settings.demo else [SigningIn, SigningInElsewhere, SecondStepAtSignIn, MySignIn]
    return Litestar(
        route_handlers=[
            *pages,
            *ways_in,
            addresses(settings),
            CheckingPassports,
            calendar_feed,
            outside.home,
            outside.help_page,
            outside.accessibility,
            outside.resources,
            sign_out,
            sign_out_everywhere,
            outside.health,
            create_static_files_router(
                "/static",
                [STATIC],
                cache_control=CacheControlHeader(max_age=A_YEAR, immutable=True),
                opt={MAY: May.ANYTHING_OPEN},
            ),
        ],
        lifespan=[_running],
        state=State({"settings": settings, "providers": Providers()}),
        dependencies=DEPENDENCIES,
        guards=[admit],
        template_config=templates(settings),
        middleware=[Accounted(), session_cookie(settings).middleware],
        csrf_config=form_tokens(settings),
        exception_handlers=answers(HANDLERS),
        before_request=refuse_nul,
        before_send=[guarding(settings)],
        compression_config=CompressionConfig(backend="gzip"),
        request_max_body_size=LARGEST_FORM,
        include_in_schema=False,
        openapi_config=document(),
        logging_config=None,
    )


@asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    database = connect(settings)
    app.state.database = database
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        if settings.scheduler:
            await stack.enter_async_context(scheduler(database, settings))
        yield
