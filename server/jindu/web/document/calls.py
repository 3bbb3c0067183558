"""All calls in one table; a test holds it to the routes of the application, both ways."""

from .of_access import ACCESS
from .of_batches import BATCHES
from .of_jobs import JOBS
from .of_observing import OBSERVING
from .of_schedules import SCHEDULES
from .of_server import SERVER
from .of_watching import WATCHING
from .of_webhooks import WEBHOOKS
from .operation import Calls

CALLS: Calls = {**JOBS, **BATCHES, **WATCHING, **ACCESS, **SCHEDULES, **WEBHOOKS, **OBSERVING, **SERVER}
