"""All applications by one server: jindu serve examples.all:app"""

from jindu import App

from .brand_diagnosis.app import app as brand_diagnosis
from .calibration.app import app as calibration
from .content_hub.app import app as content_hub
from .warmup.app import app as warmup

app = App()
for one in (brand_diagnosis, calibration, content_hub, warmup):
    app.include(one)
