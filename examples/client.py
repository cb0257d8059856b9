"""A client in Python: a visit offline, sent to an agency's server, and read back.

`make test-python` plays it against the sandbox's own server: it wants the generated anydoor.py on the path and the
sandbox's program in ANYDOOR_SANDBOX.
"""

import asyncio
import json
import os
import subprocess
import tempfile

import anydoor

with tempfile.TemporaryDirectory() as folder:
    sandbox = subprocess.Popen([os.environ["ANYDOOR_SANDBOX"], "--only-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    county = json.loads(sandbox.stdout.readline())
    team = county["teams"][0]
    config = anydoor.Config(folder=folder, server=county["base"], agency=county["agency"], member=team["members"][0], lead=False, team=team["id"])
    client = anydoor.Anydoor.open(config, anydoor.new_work_key(), None)

    said = anydoor.OnViewInput(headline="woman crying in the park", urgency="urgent", address="Orchard Park", latitude=40.1,
                               longitude=-75.3, description="woman, about 30", crew=team["members"], alone=None)
    started = client.respond_on_view(said)
    for tap in ["on-scene", "contact"]:
        client.tap(started.assignment, tap, "")
    draft = client.save_draft("", started.incident, started.person, "Talked for an hour; walks home.")
    client.sign(draft, started.assignment)
    visit = client.assignment(started.assignment).visits[0]
    closing = anydoor.ClosingInput.MET(whereabouts="stayed", travel="none", legal="voluntary", how="stabilised")
    client.close_visit(started.assignment, visit.visit, closing)
    client.tap(started.assignment, "clear", "")
    print("on this phone:", client.assignment(started.assignment).row.truth)

    synced = asyncio.run(client.sync(False))
    print(f"sent {synced.sent} documents in {synced.round_trips} requests, {synced.unsent} left")
    assert client.assignment(started.assignment).row.truth.is_AT_THE_AGENCY(), "not at the agency"
    print("at the agency")
    sandbox.stdin.close()
    sandbox.wait(10)
    sandbox.stdout.close()
