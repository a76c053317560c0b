/**
 * How the file is laid out, and why:
 * - `callbacks.n` grows with each row that is written, so the widest tables (`callbacks`, `bodies`) only grow at their end.
 * - `names` holds what repeats: outputs, (source, account, type), (settings, fate).
 * - `bodies` stand apart, so that scans stay narrow and `keepBodies` removes nothing else.
 * - `ids` begins with a segment (n / 32768): inserts stay in its newest part, and a look-up asks each segment that is kept.
 * - `deliveries` and `attempts` name their callback by time and key: they may be written before it.
 * - `tasks` and `task_items` are counted as callbacks are written: a summary reads one row, whatever the task's size.
 */
const FIRST = `
CREATE TABLE names (n INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name)) STRICT;

CREATE TABLE callbacks (
  n INTEGER PRIMARY KEY, receivedAt INTEGER NOT NULL, key TEXT NOT NULL, origin INTEGER NOT NULL, fate INTEGER NOT NULL,
  time INTEGER NOT NULL, dispatchedAt INTEGER NOT NULL, id ANY NOT NULL, batch ANY NOT NULL, task INTEGER, subjects TEXT, more TEXT, unrouted INTEGER
) STRICT;
CREATE UNIQUE INDEX callbacks_by_time ON callbacks (receivedAt, key);
CREATE INDEX callbacks_by_origin ON callbacks (origin, receivedAt);
CREATE INDEX callbacks_by_task ON callbacks (task, receivedAt) WHERE task IS NOT NULL;
CREATE INDEX callbacks_unrouted ON callbacks (receivedAt) WHERE unrouted IS NOT NULL;

CREATE TABLE bodies (n INTEGER PRIMARY KEY, receivedAt INTEGER NOT NULL, body ANY NOT NULL) STRICT;
CREATE INDEX bodies_by_time ON bodies (receivedAt);

CREATE TABLE ids (segment INTEGER, hash INTEGER, n INTEGER, PRIMARY KEY (segment, hash, n)) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  output INTEGER, receivedAt INTEGER, key TEXT, state INTEGER NOT NULL, at INTEGER NOT NULL, nextAt INTEGER, reason ANY, fault INTEGER, notable INTEGER,
  changed INTEGER NOT NULL, parkedAt INTEGER, returnedAt INTEGER, PRIMARY KEY (output, receivedAt, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_notable ON deliveries (notable, receivedAt) WHERE notable IS NOT NULL;

CREATE TABLE attempts (
  receivedAt INTEGER, key TEXT, output INTEGER, number INTEGER, at INTEGER, ms INTEGER NOT NULL, outcome INTEGER NOT NULL,
  status INTEGER, reason ANY, fault INTEGER, nextAt INTEGER, answer ANY,
  PRIMARY KEY (receivedAt, key, output, number, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE repeats (key TEXT, receivedAt INTEGER, conflict INTEGER NOT NULL, PRIMARY KEY (key, receivedAt)) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
  n INTEGER PRIMARY KEY, task ANY NOT NULL, source TEXT NOT NULL, account ANY NOT NULL, userTask ANY,
  firstAt INTEGER NOT NULL, lastAt INTEGER NOT NULL,
  orders INTEGER NOT NULL DEFAULT 0, ordersFinished INTEGER NOT NULL DEFAULT 0, ordersMissing INTEGER NOT NULL DEFAULT 0, calls INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX tasks_by_id ON tasks (task, source, account);
CREATE INDEX tasks_by_user_id ON tasks (userTask) WHERE userTask IS NOT NULL;
CREATE INDEX tasks_by_time ON tasks (lastAt);
CREATE TABLE task_items (task INTEGER, kind INTEGER, item ANY, seen INTEGER NOT NULL, PRIMARY KEY (task, kind, item)) STRICT, WITHOUT ROWID;
CREATE TABLE task_progress (task INTEGER, receivedAt INTEGER, key TEXT, progress TEXT NOT NULL, PRIMARY KEY (task, receivedAt, key)) STRICT, WITHOUT ROWID;

CREATE TABLE refusals (
  minute INTEGER, process ANY, code ANY, source ANY, count INTEGER NOT NULL, PRIMARY KEY (minute, process, code, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE actions (id ANY PRIMARY KEY, at INTEGER NOT NULL, by ANY NOT NULL, command ANY NOT NULL, facts TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX actions_by_time ON actions (at, id);
CREATE TABLE action_callbacks (action ANY, receivedAt INTEGER, key TEXT, PRIMARY KEY (action, receivedAt, key)) STRICT, WITHOUT ROWID;
CREATE INDEX action_callbacks_by_callback ON action_callbacks (receivedAt, key);
CREATE TABLE gaps (id ANY PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL, callbacks INTEGER NOT NULL, attempts INTEGER NOT NULL, reason ANY NOT NULL)
  STRICT, WITHOUT ROWID;

CREATE TABLE rest (
  n INTEGER PRIMARY KEY, id ANY NOT NULL UNIQUE, kind INTEGER NOT NULL, output TEXT NOT NULL, key ANY NOT NULL, place INTEGER NOT NULL,
  requestID ANY NOT NULL, source TEXT NOT NULL, account ANY NOT NULL, type ANY, batch ANY, receivedAt INTEGER NOT NULL, at INTEGER NOT NULL,
  reason ANY, code TEXT, fault INTEGER, attempts INTEGER, round INTEGER NOT NULL, size INTEGER NOT NULL, payload ANY NOT NULL
) STRICT;
CREATE INDEX rest_by_age ON rest (kind, output, receivedAt, id);
CREATE INDEX rest_by_time ON rest (kind, at, id);
CREATE INDEX rest_by_request ON rest (requestID);
CREATE INDEX rest_by_key ON rest (key);
CREATE TABLE rest_counts (kind INTEGER, output TEXT, entries INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (kind, output)) STRICT, WITHOUT ROWID;
CREATE TABLE rounds (last INTEGER NOT NULL) STRICT;
INSERT INTO rounds VALUES (0);
CREATE TRIGGER rest_added AFTER INSERT ON rest BEGIN
  INSERT INTO rest_counts VALUES (new.kind, new.output, 1, new.size)
    ON CONFLICT DO UPDATE SET entries = entries + 1, size = size + excluded.size;
END;
CREATE TRIGGER rest_changed AFTER UPDATE OF size ON rest BEGIN
  UPDATE rest_counts SET size = size + new.size - old.size WHERE kind = new.kind AND output = new.output;
END;
CREATE TRIGGER rest_removed AFTER DELETE ON rest BEGIN
  UPDATE rest_counts SET entries = entries - 1, size = size - old.size WHERE kind = old.kind AND output = old.output;
END;
`;

/** Forward only: a released one MUST NOT change. The place in the list, from 1, is the version that it leads to. */
export const MIGRATIONS: readonly string[] = [FIRST];
