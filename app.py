"""The office as Lambda sees it. Importing this is silent: no environment, no network, no clock."""

from chalice.app import Chalice

from chalicelib.blueprints import citizen, desk, desk_call, events, guest, join, manage, notices

app = Chalice(app_name="fernamt", configure_logs=False)
app.api.binary_types = ["application/pdf", "application/zip"]
for room in (citizen, manage, join, guest, desk, desk_call, notices, events):
    app.register_blueprint(room.blueprint)
