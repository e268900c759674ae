"""The application as the tests meet it. Putting it together takes longer than most tests, so those share it whose
settings differ in nothing but where the database and the mail server are; one at a time."""

from litestar import Litestar
from litestar.stores.memory import MemoryStore

from training_tracker.access.openid import Providers
from training_tracker.app import create_app
from training_tracker.settings import Settings

_MADE: dict[tuple[str, str], Litestar] = {}


def app_of(settings: Settings) -> Litestar:
    """With these settings, and nothing left of the tests before: what it keeps, it keeps in its state and stores."""
    alike = settings.model_copy(update={"database_url": "", "smtp_port": 1})
    key = settings.secret_key.get_secret_value(), alike.model_dump_json()
    if key not in _MADE:
        _MADE[key] = create_app(settings)
    app = _MADE[key]
    app.state.settings, app.state.providers = settings, Providers()
    app.stores.register("rate_limit", MemoryStore(), allow_override=True)
    return app
