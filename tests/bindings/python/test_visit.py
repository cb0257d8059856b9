"""A small visit through the bridge, in Python: errors, watches, threads, cancel.

Wants the generated anydoor.py and the library beside it, and the sandbox's path in ANYDOOR_SANDBOX.
"""

import asyncio
import json
import os
import queue
import subprocess
import tempfile
import threading
import unittest

import anydoor

SANDBOX = os.environ["ANYDOOR_SANDBOX"]
KEY = bytes(range(32))


class Sandbox:
    """The embedded server with the county on it; ends with its standard input."""

    def __enter__(self):
        self.process = subprocess.Popen([SANDBOX, "--only-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ids = json.loads(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Rows(anydoor.QueueObserver):
    def __init__(self):
        self.heard = queue.Queue()

    def reset(self, rows):
        self.heard.put(("reset", rows))

    def changed(self, rows, gone):
        self.heard.put(("changed", rows))


class Calls(anydoor.LifelineObserver):
    def __init__(self):
        self.heard = queue.Queue()
        self.rung = queue.Queue()

    def changed(self, calls):
        self.heard.put(calls)

    def rings(self, call):
        self.rung.put(call)

    def until(self, state):
        while True:
            calls = self.heard.get(timeout=10)
            if calls and calls[-1].state == state:
                return calls[-1]


class Visit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.sandbox.__exit__()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def config(self, server=None):
        ids = self.sandbox.ids
        team = ids["teams"][0]
        return anydoor.Config(folder=self.folder.name, server=server or ids["base"], agency=ids["agency"], member=team["members"][0], lead=False, team=team["id"])

    def open(self, **kwargs):
        client = anydoor.Anydoor.open(self.config(**kwargs), KEY, None)
        client.set_lifeline(self.lifeline(**kwargs))
        return client

    def lifeline(self, server=None):
        """Help from 911: opened without the work, with a key and a token of its own."""
        ids = self.sandbox.ids
        team = ids["teams"][0]
        config = anydoor.LifelineConfig(folder=self.folder.name, server=server or ids["base"], agency=ids["agency"], member=team["members"][0],
                                        name="Ana Ruiz", team=team["id"], psap=ids["agency"], callback="+12155550142")
        return anydoor.Lifeline.open(config, bytes(reversed(KEY)), None)

    def begin(self, client):
        crew = self.sandbox.ids["teams"][0]["members"]
        said = anydoor.OnViewInput(headline="woman crying in the park", urgency="urgent", address="Orchard Park", latitude=40.1, longitude=-75.3,
                                   description="woman, about 30", crew=crew, alone=None)
        return client.respond_on_view(said)

    def test_a_visit_arrives_at_the_agency(self):
        client = self.open()
        asyncio.run(client.sync(True))
        started = self.begin(client)
        for tap in ["on-scene", "contact"]:
            client.tap(started.assignment, tap, "")
        draft = client.save_draft("", started.incident, started.person, "Talk")
        client.save_draft(draft, started.incident, started.person, "Talked for an hour; walks home.")
        note = client.sign(draft, started.assignment)
        visit = client.assignment(started.assignment).visits[0].visit
        client.close_visit(started.assignment, visit, anydoor.ClosingInput.MET(whereabouts="stayed", travel="none", legal="voluntary", how="stabilised"))
        client.tap(started.assignment, "clear", "")
        self.assertEqual(client.assignment(started.assignment).row.truth, anydoor.ItemTruth.ON_THIS_PHONE())
        done = asyncio.run(client.sync(False))
        self.assertEqual(done.unsent, 0)
        self.assertEqual(client.assignment(started.assignment).row.truth, anydoor.ItemTruth.AT_THE_AGENCY())
        self.assertEqual([n.id for n in client.search_notes("talked home", 5)], [note])

    def test_what_is_told_is_decided_when_it_leaves_and_its_sender_sees_what_is_withheld(self):
        client = self.open()
        asyncio.run(client.sync(True))
        started = self.begin(client)
        client.observe(started.assignment, anydoor.ObservedInput(person=started.person, kind="breathing", text="breathes fast",
                                                                 need="", danger_to_life=True, label=""))
        client.observe(started.assignment, anydoor.ObservedInput(person=started.person, kind="remark", text="lost her job",
                                                                 need="", danger_to_life=False, label="said-team"))
        lifeline = self.lifeline()
        client.set_lifeline(lifeline)
        lifeline.escalate(anydoor.CallInput(assignment=started.assignment, need="ems", silent=False, position=None))
        asyncio.run(client.sync(False))
        out = {one.to: one for one in client.disclosures(started.assignment)}
        self.assertEqual(set(out), {"psap-police-read", "ems"})
        self.assertIn("not-needed", [one.reason for one in out["psap-police-read"].withheld])
        self.assertIn("danger-to-life", [told.kind for told in out["psap-police-read"].told])
        self.assertEqual({row.to for row in client.accounting(started.person)}, {"psap-police-read", "ems"})

        spoken = anydoor.BasisInput(kind="consent-verbal", given_by="", scope=["situation"], purpose="", until=None, until_event=None,
                                    words=None, notice_language=None, law=None, facts=[])
        with self.assertRaises(anydoor.AnydoorError.NotAllowed) as refused:
            client.give_basis(started.person, self.sandbox.ids["psap"], spoken)
        self.assertEqual(refused.exception.why, "basis-words")
        spoken.words = "yes, tell them"
        basis = client.give_basis(started.person, self.sandbox.ids["psap"], spoken)
        client.withdraw_basis(basis)
        self.assertEqual([one.holds for one in client.bases(started.person)], [False])

    def test_help_is_called_without_any_work_and_ends_by_name(self):
        lifeline, calls = self.lifeline(), Calls()
        watch = lifeline.watch(calls)
        here = anydoor.PhonePositionInput(latitude=40.1, longitude=-75.3, age_s=4, accuracy_m=12.0)
        made = lifeline.escalate(anydoor.CallInput(assignment=None, need="crew-in-danger", silent=True, position=here))
        self.assertEqual((made.state, made.copies, made.silent, made.rings), ("on-phone", 2, True, False))
        self.assertEqual(calls.until("sent").id, made.id)
        lifeline.cancel(made.id)
        ended = calls.rung.get(timeout=10)
        self.assertEqual((ended.id, ended.state, ended.cancelled_by), (made.id, "cancelled", "Ana Ruiz"))
        with self.assertRaises(anydoor.AnydoorError.Invalid):
            lifeline.escalate(anydoor.CallInput(assignment=None, need="pizza", silent=False, position=None))
        watch.stop()

    def test_errors_are_typed(self):
        client = self.open()
        with self.assertRaises(anydoor.AnydoorError.NotFound):
            client.assignment("nothing")
        started = self.begin(client)
        with self.assertRaises(anydoor.AnydoorError.Invalid) as refused:
            client.tap(started.assignment, "dance", "")
        self.assertEqual(refused.exception.what, "stamp")
        client.pause()
        with self.assertRaises(anydoor.AnydoorError.StorageLocked):
            client.queue(1)
        with self.assertRaises(anydoor.AnydoorError.StorageLocked):
            client.resume(bytes(32))
        client.resume(KEY)
        self.assertEqual(len(client.queue(10)), 1)

    def test_a_dead_server_is_offline_and_loses_nothing(self):
        client = self.open(server="http://127.0.0.1:9/fhir")
        started = self.begin(client)
        with self.assertRaises(anydoor.AnydoorError.Offline):
            asyncio.run(client.sync(False))
        self.assertEqual(client.queue(10)[0].assignment, started.assignment)
        self.assertEqual(client.queue(10)[0].truth, anydoor.ItemTruth.ON_THIS_PHONE())

    def test_a_watch_resets_then_tells_changes_until_it_stops(self):
        client = self.open()
        rows = Rows()
        watch = client.watch_queue(rows, 10)
        self.assertEqual(rows.heard.get(timeout=5), ("reset", []))
        started = self.begin(client)
        kind, changed = rows.heard.get(timeout=5)
        self.assertEqual((kind, [r.assignment for r in changed]), ("changed", [started.assignment]))
        watch.stop()
        client.tap(started.assignment, "on-scene", "")
        with self.assertRaises(queue.Empty):
            rows.heard.get(timeout=0.4)

    def test_many_threads_write_at_once_and_every_draft_is_there(self):
        client = self.open()
        started = self.begin(client)
        threads = [threading.Thread(target=client.save_draft, args=("", started.incident, started.person, f"draft {n}")) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        texts = {note.text for note in client.assignment(started.assignment).notes}
        self.assertEqual(texts, {f"draft {n}" for n in range(16)})

    def test_a_cancelled_sync_stops_nothing_half_way(self):
        client = self.open()
        self.begin(client)

        async def cancelled():
            run = asyncio.ensure_future(client.sync(True))
            await asyncio.sleep(0)
            run.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await run

        asyncio.run(cancelled())
        done = asyncio.run(client.sync(False))
        self.assertEqual(done.unsent, 0)
        self.assertEqual(client.needs_you(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
