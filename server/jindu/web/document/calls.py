"""All calls in one table; a test holds it to the routes of the application, both ways."""

from .of_jobs import JOBS
from .of_server import SERVER
from .of_watching import WATCHING
from .operation import Calls

CALLS: Calls = {**JOBS, **WATCHING, **SERVER}
