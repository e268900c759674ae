"""Every room's tables, for the migrations and the tests that compare them with the models."""

from training_tracker.access import models as access
from training_tracker.audit import models as audit
from training_tracker.catalogue import models as catalogue
from training_tracker.database import Base
from training_tracker.expectations import models as expectations
from training_tracker.intake import models as intake
from training_tracker.mail import models as mail
from training_tracker.people import models as people
from training_tracker.records import models as records
from training_tracker.reminders import models as reminders
from training_tracker.schedule import models as schedule
from training_tracker.standing import models as standing
from training_tracker.uptake import models as uptake

ROOMS = (
    *(access, audit, catalogue, expectations, intake, mail, people, records, reminders, schedule, standing),
    uptake,
)
TABLES = Base.metadata.tables
