"""A store client for HQ, wire version 1 (protocol.md).   pip install websockets==17.4"""
import argparse, asyncio, contextlib, gzip, http.client, json, os, random, signal, sqlite3, sys, threading, time, uuid
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

PULLED, PUSHED, SCHEMA_VERSION, KEEP_DAYS, DISK_LIMIT = ("products", "departments", "tax_rates"), "sales", 2, 7, 1 << 30
LIMITS = {"maxBatchRecords": 500, "maxBatchBytes": 1048576, "maxRecordBytes": 262144}
TABLES = """
CREATE TABLE IF NOT EXISTS kv(k TEXT PRIMARY KEY, v TEXT);
CREATE TABLE IF NOT EXISTS queue(seq INTEGER PRIMARY KEY, entity, id, revision, schema, line TEXT, queued_at,
  state DEFAULT 'pending', tries DEFAULT 0, acked_at, UNIQUE(entity, id, revision));
CREATE INDEX IF NOT EXISTS queue_state ON queue(state, entity, tries, seq);
CREATE TABLE IF NOT EXISTS pull(entity PRIMARY KEY, cursor, confirm, gen DEFAULT 1, scan DEFAULT 'running', before);
CREATE TABLE IF NOT EXISTS copy(entity, id, data TEXT, gen, PRIMARY KEY(entity, id));
CREATE TABLE IF NOT EXISTS commands(id PRIMARY KEY, waits TEXT, outcome, message);
CREATE TABLE IF NOT EXISTS reports(id PRIMARY KEY, code, record, frame TEXT);
CREATE TABLE IF NOT EXISTS registers(terminal PRIMARY KEY, opened_at);"""

def instant(in_seconds=0):
    return (datetime.now().astimezone() + timedelta(seconds=in_seconds)).isoformat(timespec="milliseconds")

def event(name, **fields):
    print(json.dumps({"event": name, **fields}), flush=True)

class Backoff:
    bound = 0.25
    def next(self):
        bound, self.bound = self.bound, min(4, self.bound * 2)
        return random.uniform(bound / 2, bound)
    def reset(self):
        self.bound = 0.25

def retry_wait(status, headers, backoff, code=None):
    """Seconds to wait after an answer that was no success (status 0: none came), and how many of them are Retry-After's."""
    after = int(headers.get("Retry-After") or 0) if (headers.get("Retry-After") or "0").isdecimal() else 0
    if status in (429, 503) and code != "quarantine_full":
        return after + backoff.next(), after
    if status in (0, 408) or status >= 500 or code in ("gzip_invalid", "body_incomplete"):
        return max(after, backoff.next()), after
    return max(after, random.uniform(15, 30)), after

class Connection(ClientConnection):
    """Remembers when the last byte came, pings included."""
    last_byte = float("inf")
    def data_received(self, data):
        self.last_byte = time.monotonic()
        super().data_received(data)

class Store:
    stopping = False
    def __init__(self, args):
        self.args, self.ws, self.goodbye_ms, self.busy, self.attempt, self.next_try = args, None, None, 0, 0, None
        self.push_wake, self.pull_wake, self.beat_wake, self.compatible = asyncio.Event(), asyncio.Event(), asyncio.Event(), True
        self.cap, self.interval, self.totals, self.sent_reports = None, 30, None, {}
        self.due = {e: time.monotonic() + 300 for e in PULLED}
        self.db = sqlite3.connect(args.database)
        self.db.execute("PRAGMA journal_mode=WAL"), self.db.execute("PRAGMA synchronous=FULL")
        self.db.executescript(TABLES)
        with self.db:
            self.db.execute("INSERT OR IGNORE INTO kv VALUES('instance', ?)", (json.dumps(str(uuid.uuid4())),))
            self.db.executemany("INSERT OR IGNORE INTO pull(entity) VALUES(?)", [(e,) for e in PULLED])
        self.limits = self.get("limits", LIMITS)

    def rows(self, sql, *values): return self.db.execute(sql, values).fetchall()
    def get(self, key, default=None):
        found = self.rows("SELECT v FROM kv WHERE k=?", key)
        return json.loads(found[0][0]) if found else default
    def put(self, key, value): self.db.execute("INSERT OR REPLACE INTO kv VALUES(?, ?)", (key, json.dumps(value)))
    def count(self, state): return self.rows("SELECT count(*) FROM queue WHERE state=?", state)[0][0]
    def token(self):
        with open(self.args.token_file) as file:
            return file.read().strip()

    def load(self, path):
        before = self.db.total_changes
        with open(path, encoding="utf-8", newline="\n") as file, self.db:
            for line in filter(None, (line.strip() for line in file)):
                try:
                    record = json.loads(line)
                    key = (PUSHED, record["id"], record["revision"])
                    self.db.execute("INSERT OR IGNORE INTO queue(entity,id,revision,schema,line,queued_at) VALUES(?,?,?,?,?,?)",
                                    (*key, SCHEMA_VERSION, line, instant()))
                except (ValueError, KeyError, TypeError, OverflowError, sqlite3.Error) as error:
                    event("bad_line", message=str(error))
        event("queued", records=self.db.total_changes - before)

    # --- HTTP
    def post(self, path, body, headers):
        """(status, headers, body); runs in a thread. Status 0: no answer; -1: waited for one in vain."""
        url = urlsplit(self.args.url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname, url.port, timeout=60)
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # HQ may answer before it has read all
                connection.request("POST", url.path.rstrip("/") + path, body, {"Authorization": "Bearer " + self.token(), **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except TimeoutError:
            return -1, {}, b""
        except (OSError, http.client.HTTPException):
            return 0, {}, b""
        finally:
            connection.close()

    async def request(self, *args):
        async def pongs():  # over a thin line HQ may see nothing else from us
            while True:
                await asyncio.sleep(2)
                if self.ws:
                    with contextlib.suppress(ConnectionClosed):
                        await self.ws.pong()
        task = asyncio.create_task(pongs())
        self.busy += 1
        try:
            status, headers, body = await asyncio.to_thread(self.post, *args)
        finally:
            self.busy -= 1
            task.cancel()
        try:
            problem = json.loads(body) if status not in (200, 0, -1) else {}
        except ValueError:
            problem = {}
        return status, headers, body, problem if isinstance(problem, dict) else {}

    # --- push
    def next_batch(self):
        cap, batch, size = self.cap or self.limits["maxBatchRecords"], [], 0
        for seq, rid, revision, schema, line in self.rows("SELECT seq,id,revision,schema,line FROM queue WHERE state='pending' "
                                                          "AND entity=? ORDER BY tries, seq LIMIT ?", PUSHED, max(1, cap)):
            length = len(line.encode())
            if length > self.limits["maxRecordBytes"] or length + 1 > self.limits["maxBatchBytes"]:
                self.withhold(seq, rid)
            elif batch and (size + length + 1 > self.limits["maxBatchBytes"] or schema != batch[0][3]):
                break
            else:
                batch.append((seq, rid, revision, schema, line))
                size += length + 1
        return batch

    def withhold(self, seq, rid):
        with self.db:
            self.db.execute("UPDATE queue SET state='withheld' WHERE seq=?", (seq,))
            self.report("record_too_large", "the record is over the limit of bytes", rid)
        event("withheld", id=rid)

    def report(self, code, message, rid=None):
        with self.db:
            for key, text in self.rows("SELECT id, frame FROM reports WHERE code=? AND record IS ?", code, rid):
                if key not in self.sent_reports and rid is None:  # never sent yet: count on
                    frame = json.loads(text)
                    frame.update(attempts=frame["attempts"] + 1, at=instant())
                    return self.db.execute("UPDATE reports SET frame=? WHERE id=?", (json.dumps(frame), key))
            frame = {"type": "report", "reportId": str(uuid.uuid4()), "code": code, "entity": PUSHED, "direction": "push",
                     "at": instant(), "attempts": 1, "message": message, **({"recordId": rid} if rid else {})}
            self.db.execute("INSERT INTO reports VALUES(?,?,?,?)", (frame["reportId"], code, rid, json.dumps(frame)))

    async def push_loop(self):
        backoff = Backoff()
        while True:
            self.push_wake.clear()
            batch = self.next_batch() if self.compatible else []
            if not batch:
                self.cap, self.next_try = None, None
                await self.push_wake.wait()
                continue
            self.next_try = None
            headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip", "HQ-Batch-Id": str(uuid.uuid4()),
                       "HQ-Schema-Version": str(batch[0][3])}
            if (receipt := self.get("receipt")) is not None:
                headers["HQ-Receipt"] = str(receipt)
            body = gzip.compress("".join(r[4] + "\n" for r in batch).encode())
            status, answered, text, problem = await self.request("/v1/push/" + PUSHED, body, headers)
            if status == 200 and self.acknowledge(batch, text):
                self.attempt = 0
                backoff.reset()
                continue
            code, self.attempt = problem.get("code"), self.attempt + 1
            event("push_failed", status=max(status, 0), code=code, records=len(batch))
            if status == -1:
                self.report("store_timeout", "no answer within 60 s")
            if status == 413:
                self.limits = {**self.limits, **(problem.get("limits") or {})}
                line = problem.get("line")
                if code == "record_too_large" and isinstance(line, int) and 0 < line <= len(batch):
                    self.withhold(*batch[line - 1][:2])
                elif len(batch) == 1:
                    self.withhold(*batch[0][:2])
                else:
                    self.cap = len(batch) // 2
                continue
            if code == "quarantine_full":  # smaller batches, and others first, let the good records through
                self.cap = max(1, len(batch) // 2)
                with self.db:
                    self.db.executemany("UPDATE queue SET tries=tries+1 WHERE seq=?", [(r[0],) for r in batch])
            wait, least = retry_wait(max(status, 0) if status != 200 else 0, answered, backoff, code)
            self.next_try = instant(wait)
            await asyncio.sleep(least)  # `push_now` and a welcome end the backoff, not HQ's Retry-After
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.push_wake.wait(), wait - least)
                backoff.reset()

    def acknowledge(self, batch, text):
        try:
            answer = json.loads(text)
            named = [(batch[r["line"] - 1], r) for r in answer["records"]]
            named = [(b, r) for b, r in named if r["id"] in (None, b[1]) and r["revision"] in (None, b[2])]
            receipt = answer["receipt"]
        except (ValueError, KeyError, TypeError, IndexError):
            return False
        with self.db:
            if answer.get("pushAgain"):
                self.push_again()
            self.put("receipt", max(receipt, self.get("receipt", 0)))
            self.db.executemany("UPDATE queue SET state='acked', tries=0, acked_at=? WHERE seq=?", [(time.time(), b[0]) for b, _ in named])
        event("pushed", **{k: answer.get(k) for k in ("accepted", "duplicate", "replaced", "quarantined", "receipt")})
        for b, r in named:
            if r["outcome"] == "quarantined":
                event("quarantined", id=b[1], revision=b[2], code=r.get("code"), message=r.get("message"))
        return bool(named)

    def push_again(self, forget_receipt=True):
        event("push_again", records=self.count("acked"))
        self.db.execute("UPDATE queue SET state='pending' WHERE state='acked'")
        if forget_receipt:
            self.db.execute("DELETE FROM kv WHERE k='receipt'")
        self.push_wake.set()

    # --- pull
    def from_start(self, entity):
        self.db.execute("UPDATE pull SET cursor=NULL, gen=gen+1, scan='running' WHERE entity=?", (entity,))

    async def pull_loop(self):
        backoffs = {e: Backoff() for e in PULLED}
        while True:
            self.pull_wake.clear()
            entity = min(self.due, key=self.due.get)
            if (wait := self.due[entity] - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.pull_wake.wait(), wait)
                continue
            self.due[entity] = time.monotonic() + 300
            cursor, confirm, gen = self.rows("SELECT cursor, confirm, gen FROM pull WHERE entity=?", entity)[0]
            body = json.dumps({"cursor": cursor, **({"confirm": confirm} if confirm else {})})
            status, headers, text, problem = await self.request("/v1/pull/" + entity, body, {"Content-Type": "application/json"})
            if gen != self.rows("SELECT gen FROM pull WHERE entity=?", entity)[0][0]:
                self.due[entity] = 0  # a resync came or went meanwhile: this page is not ours any more
            elif status == 200 and (lines := self.page(text)):
                backoffs[entity].reset()
                if await self.apply(entity, lines, confirm):
                    self.due[entity] = 0
            else:
                event("pull_failed", entity=entity, status=max(status, 0), code=problem.get("code"))
                if status == 410 and cursor is not None:
                    with self.db:
                        self.from_start(entity)
                        self.db.execute("UPDATE pull SET confirm=NULL WHERE entity=?", (entity,))
                    self.due[entity] = 0
                else:
                    wait = retry_wait(max(status, 0) if status != 200 else 0, headers, backoffs[entity], problem.get("code"))[0]
                    self.due[entity] = time.monotonic() + wait

    @staticmethod
    def page(text):
        """The lines of a page; None when it was cut."""
        try:
            lines = [json.loads(line) for line in text.split(b"\n") if line.strip()]
            return lines if lines[-1]["page"]["records"] == len(lines) - 1 else None
        except (ValueError, KeyError, TypeError, IndexError):
            return None

    async def apply(self, entity, lines, confirmed):
        *records, end = lines
        end, answers = end["page"], []
        with self.db:
            gen, scan = self.rows("SELECT gen, scan FROM pull WHERE entity=?", entity)[0]
            finished = scan == "ended" and confirmed
            for r in records:
                if r.get("deleted"):
                    self.db.execute("DELETE FROM copy WHERE entity=? AND id=?", (entity, r["id"]))
                else:
                    self.db.execute("INSERT OR REPLACE INTO copy VALUES(?,?,?,?)", (entity, r["id"], json.dumps(r["data"]), gen))
            if scan == "running" and not end["scanning"]:
                dropped = self.db.execute("DELETE FROM copy WHERE entity=? AND gen<>?", (entity, gen)).rowcount
                event("scanned", entity=entity, dropped=dropped)
                scan, finished = "ended", end["id"] is None
            if finished:
                scan = None
                self.db.execute("UPDATE pull SET before=NULL WHERE entity=?", (entity,))
                for key, waits in self.rows("SELECT id, waits FROM commands WHERE outcome IS NULL"):
                    left = [e for e in json.loads(waits) if e != entity]
                    self.db.execute("UPDATE commands SET waits=?, outcome=? WHERE id=?", (json.dumps(left), None if left else "done", key))
                    answers += [] if left else [key]
            self.db.execute("UPDATE pull SET cursor=?, confirm=?, scan=? WHERE entity=?", (end["cursor"], end["id"], scan, entity))
        event("pulled", entity=entity, records=end["records"], scanning=end["scanning"])
        for key in answers:
            await self.answer(key)
        return end["more"] or end["id"] is not None

    # --- commands
    async def command(self, frame):
        key, name, entities = frame["commandId"], frame["command"], frame.get("entities") or []
        if not self.rows("SELECT 1 FROM commands WHERE id=?", key):
            outcome, message = "done", None
            with self.db:
                if name == "push_now":
                    self.push_wake.set()
                elif name == "resync" and entities and set(entities) <= set(PULLED):
                    outcome = None
                    for e in entities:  # in a scan already: no cursor to go back to but the start
                        self.db.execute("UPDATE pull SET before=coalesce(before, CASE scan WHEN 'running' THEN NULL ELSE cursor END) WHERE entity=?", (e,))
                        self.from_start(e)
                elif name == "cancel_resync":
                    self.cancel(frame.get("cancels"))
                else:
                    outcome, message = "refused", "unknown command, or of entities that this store does not copy"
                self.db.execute("INSERT INTO commands VALUES(?,?,?,?)", (key, json.dumps(entities), outcome, message))
            event("command", command=name, outcome=outcome)
            self.wake_pulls(entities)
        await self.answer(key)

    def cancel(self, resync):
        found = self.rows("SELECT waits FROM commands WHERE id=? AND outcome IS NULL", resync)
        self.db.execute("INSERT INTO commands VALUES(?, '[]', 'refused', 'cancelled') ON CONFLICT(id) DO UPDATE SET "
                        "outcome='refused', message='cancelled' WHERE outcome IS NULL", (resync or "",))
        others = {e for (w,) in self.rows("SELECT waits FROM commands WHERE outcome IS NULL") for e in json.loads(w)}
        for e in set(json.loads(found[0][0]) if found else []) - others:
            self.db.execute("UPDATE pull SET cursor=before, before=NULL, confirm=NULL, gen=gen+1, "
                            "scan=CASE WHEN before IS NULL THEN 'running' END WHERE entity=?", (e,))

    async def answer(self, key):
        for outcome, message in self.rows("SELECT outcome, message FROM commands WHERE id=? AND outcome IS NOT NULL", key):
            await self.send({"type": "command_done", "commandId": key, "outcome": outcome, **({"message": message} if message else {})})
            event("command_done", commandId=key, outcome=outcome)

    def wake_pulls(self, entities):
        self.due.update({e: 0 for e in entities if e in self.due})
        self.pull_wake.set()

    # --- heartbeat
    def day_totals(self):
        store, days, last = self.get("store"), {}, None
        try:
            zone, (hours, minutes) = ZoneInfo(store["timezone"]), map(int, store["dayCutover"].split(":"))
        except (KeyError, ValueError):  # a zone that this machine does not know: no totals are better than wrong ones
            return None, []
        for line, _ in self.rows("SELECT line, max(revision) FROM queue WHERE entity=? GROUP BY id", PUSHED):  # the newest of each
            try:
                d = json.loads(line)["data"]
                at = datetime.fromisoformat(d["completedAt"])
                day = (at.astimezone(zone).replace(tzinfo=None) - timedelta(hours=hours, minutes=minutes)).date()
                total = days.setdefault((day, d["currency"]), dict.fromkeys(("salesCount", "grossMinor", "taxMinor", "discountMinor",
                                        "voidCount", "voidMinor", "returnCount", "returnMinor"), 0))
                if d["kind"] == "sale":
                    last = max(last or at, at)
                adds = {("sale", "completed"): {"salesCount": 1, **{k: d[k] for k in ("grossMinor", "taxMinor", "discountMinor")}},
                        ("sale", "voided"): {"voidCount": 1, "voidMinor": d["grossMinor"]},
                        ("return", "completed"): {"returnCount": 1, "returnMinor": d["grossMinor"]}}
                for k, v in adds.get((d["kind"], d["status"]), {}).items():
                    total[k] += v
            except (ValueError, KeyError, TypeError):
                pass  # a record that HQ will quarantine
        oldest = date.today() - timedelta(days=KEEP_DAYS - 2)  # older days are no longer complete here
        recent = sorted((k for k in days if k[0] >= oldest), reverse=True)[:32]
        return last and last.isoformat(), [{"businessDate": str(k[0]), "currency": k[1], **days[k]} for k in recent]

    async def beat(self):
        self.totals = self.totals or self.day_totals()
        pending, oldest = self.rows("SELECT count(*), min(queued_at) FROM queue WHERE state='pending'")[0]
        registers = [{"terminalId": t, "openedAt": at} for t, at in self.rows("SELECT * FROM registers LIMIT 500")]
        await self.send({"type": "heartbeat", "clock": instant(), "openRegisters": registers, "lastSaleAt": self.totals[0],
                         "queues": [{"entity": PUSHED, "direction": "push", "pendingRecords": pending, "oldestPendingAt": oldest,
                                     "attempt": self.attempt, "nextTryAt": self.next_try}],
                         "days": self.totals[1], "withheldRecords": self.count("withheld"),
                         "disk": {"usedBytes": os.path.getsize(self.args.database), "limitBytes": DISK_LIMIT}})
        event("heartbeat", openRegisters=[r["terminalId"] for r in registers], pending=pending)

    async def beat_loop(self):
        """From the welcome to the end of a connection."""
        regular = time.monotonic()
        while True:
            while time.monotonic() >= regular:
                regular += self.interval
            self.beat_wake.clear()
            await self.beat()
            spaced = time.monotonic() + 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.beat_wake.wait(), max(0, regular - time.monotonic()))
                await asyncio.sleep(max(0, min(spaced, regular) - time.monotonic()))

    async def report_loop(self):
        while True:
            for key, text in self.rows("SELECT id, frame FROM reports"):
                if time.monotonic() - self.sent_reports.get(key, -30) >= 30:
                    self.sent_reports[key] = time.monotonic()
                    await self.send(json.loads(text))
            await asyncio.sleep(1)

    def register(self, line):
        what, _, terminal = line.strip().partition(" ")
        if what not in ("open", "close") or not terminal:
            return
        with self.db:
            if what == "open":
                self.db.execute("INSERT OR IGNORE INTO registers VALUES(?,?)", (terminal, instant()))
            else:
                self.db.execute("DELETE FROM registers WHERE terminal=?", (terminal,))
        self.beat_wake.set()

    # --- the socket
    async def send(self, frame):
        if self.ws:
            with contextlib.suppress(ConnectionClosed):
                await self.ws.send(json.dumps(frame))

    def welcome(self, frame):
        event("welcome", **{k: frame[k] for k in ("connectionId", "epoch", "heartbeatIntervalMs")}, storeId=frame["store"]["storeId"])
        with self.db:
            if self.get("epoch") not in (None, frame["epoch"]):
                self.push_again(forget_receipt=False)
            if PUSHED in frame.get("pushAgain", ()):
                self.push_again()
            for key in ("epoch", "store", "limits"):
                self.put(key, frame[key])
            if (limit := frame["limits"]["maxRecordBytes"]) > self.limits["maxRecordBytes"]:
                self.db.execute("UPDATE queue SET state='pending' WHERE state='withheld' AND length(CAST(line AS BLOB))<=?", (limit,))
            self.db.execute("DELETE FROM queue WHERE state='acked' AND acked_at<?", (time.time() - KEEP_DAYS * 86400,))
        self.limits, self.interval, self.compatible = frame["limits"], frame["heartbeatIntervalMs"] / 1000, frame["schema"]["compatible"]
        self.cap, self.totals = None, None
        self.sent_reports.clear()
        self.push_wake.set()
        self.wake_pulls(PULLED)

    async def handle(self, frame, tasks):
        kind = frame.get("type")
        if kind == "welcome":
            self.welcome(frame)
            tasks += [asyncio.create_task(self.beat_loop()), asyncio.create_task(self.report_loop())]
            for command in frame["commands"]:
                await self.command(command)
        elif kind == "command":
            await self.command(frame)
        elif kind == "news":
            event("news", entities=frame["entities"])
            self.wake_pulls(frame["entities"])
        elif kind == "settings":
            with self.db:
                self.put("store", frame["store"])
            self.totals = None
            event("settings", store=frame["store"])
        elif kind == "report_received":
            with self.db:
                self.db.execute("DELETE FROM reports WHERE id=?", (frame["reportId"],))
            event("report_received", reportId=frame["reportId"])
        elif kind == "goodbye":
            self.goodbye_ms = frame["reconnectAfterMs"]
            event("goodbye", reconnectAfterMs=self.goodbye_ms)
        elif kind == "error":
            event("error", code=frame["code"], message=frame["message"], path=frame.get("path"))

    async def watch(self, ws):
        """Gives HQ up 12 s after its last byte; a request under way has its own time limit."""
        while True:
            await asyncio.sleep(0.5)
            if not self.busy and time.monotonic() - ws.last_byte > 12:
                event("silent")
                ws.transport.abort()

    async def session(self):
        """One connection, up to its end."""
        async with connect("ws" + self.args.url.removeprefix("http").rstrip("/") + "/v1/socket", subprotocols=["hq-sync.v1"],
                           additional_headers={"Authorization": "Bearer " + self.token()}, compression=None, proxy=None,
                           ping_interval=None, max_size=262144, close_timeout=3, create_connection=Connection) as ws:
            receipt = self.get("receipt")
            await ws.send(json.dumps({
                "type": "hello", "instanceId": self.get("instance"), "hqEpoch": self.get("epoch"), "agentVersion": "store-client 1.0",
                "schemaVersion": SCHEMA_VERSION, "clock": instant(), "pendingRecords": self.count("pending"),
                "receipts": [] if receipt is None else [{"entity": PUSHED, "receipt": receipt}],
                **({"storeId": self.get("store")["storeId"]} if self.get("store") else {})}))
            self.ws, tasks = ws, [asyncio.create_task(self.watch(ws))]
            try:
                while True:
                    message = await ws.recv()
                    try:
                        await self.handle(json.loads(message), tasks)
                    except (ValueError, KeyError, TypeError, AttributeError) as error:
                        event("bad_frame", message=repr(error))
            finally:
                self.ws = None
                for task in tasks:
                    task.cancel()

    async def socket_loop(self):
        backoff = Backoff()
        while True:
            started, self.goodbye_ms = time.monotonic(), None
            try:
                await self.session()
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else closed.sent.code if closed.sent else 1006
                event("closed", code=code, reason=closed.rcvd.reason if closed.rcvd else "")
                if time.monotonic() - started >= 5:
                    backoff.reset()
                if self.goodbye_ms is not None:
                    wait = self.goodbye_ms / 1000
                elif code in (4401, 1002, 1007, 1009, 4400, 4403):
                    wait = random.uniform(15, 30)
                else:
                    wait = {4409: random.uniform(60, 75), 4429: 60}.get(code) or backoff.next()
            except InvalidStatus as refused:
                answer = refused.response
                code = None
                with contextlib.suppress(ValueError, AttributeError, TypeError):  # a proxy's answer has no problem document
                    code = json.loads(answer.body).get("code")
                event("refused", status=answer.status_code, code=code)
                wait = retry_wait(answer.status_code, answer.headers, backoff)[0]
            except Exception as error:  # no connection, no answer, no handshake
                event("no_connection", message=type(error).__name__)
                wait = backoff.next()
            if self.stopping:
                return
            event("reconnect", waitMs=round(wait * 1000))
            await asyncio.sleep(wait)

async def main(args):
    store, loop, stop = Store(args), asyncio.get_running_loop(), asyncio.Event()
    if args.sale_file:
        store.load(args.sale_file)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threading.Thread(target=lambda: [loop.call_soon_threadsafe(store.register, line) for line in iter(sys.stdin.readline, "")], daemon=True).start()
    tasks = [asyncio.create_task(t) for t in (store.socket_loop(), store.push_loop(), store.pull_loop())]
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([*tasks, stopped], timeout=args.run_seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done - {stopped}:
        event("crashed", message=repr(task.exception()))
    store.stopping = True
    if store.ws:
        await store.ws.close(1000)
    store.db.close()
    event("stopped")
    os._exit(1 if done - {stopped} else 0)  # a push under way is waited for no longer: it stays in the queue

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("--url", "--token-file", "--database"):
        parser.add_argument(name, required=True)
    parser.add_argument("--sale-file")
    parser.add_argument("--run-seconds", type=float)
    asyncio.run(main(parser.parse_args()))
