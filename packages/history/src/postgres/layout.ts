/**
 * How the schema is laid out, and why:
 * - What belongs to a callback is partitioned by the day of `received_at`, so that retention drops whole days. Rows of times
 *   out of range go to default partitions.
 * - `names` holds what repeats: outputs, (source, account, type), (settings, fate).
 * - `bodies` stand apart, so that scans stay narrow and `keepBodies` drops them alone.
 * - Ids have hash indexes: these take ids of any length, in a few bytes each.
 * - `deliveries` and `attempts` name their callback by time and key: they may be written before it.
 * - `tasks` and `task_items` are counted as callbacks are written: a summary reads one row, whatever the task's size.
 */
const FIRST = `
CREATE TABLE §.names (
  n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind smallint NOT NULL, digest bytea NOT NULL, name text NOT NULL, UNIQUE (kind, digest)
);

CREATE TABLE §.callbacks (
  received_at bigint NOT NULL, "time" bigint NOT NULL, dispatched_at bigint NOT NULL, origin integer NOT NULL, fate integer NOT NULL, task integer,
  unrouted boolean, order_finished boolean, key text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, batch text COLLATE "C" NOT NULL,
  order_id text COLLATE "C", call_id text COLLATE "C", user_task text COLLATE "C", about text COLLATE "C", deliver_as text COLLATE "C", progress text COLLATE "C",
  PRIMARY KEY (received_at, key)
) PARTITION BY RANGE (received_at);
CREATE INDEX callbacks_by_origin ON §.callbacks (origin, received_at);
CREATE INDEX callbacks_by_task ON §.callbacks (task, received_at) WHERE task IS NOT NULL;
CREATE INDEX callbacks_unrouted ON §.callbacks (received_at) WHERE unrouted;
CREATE INDEX callbacks_by_key ON §.callbacks USING hash (key);
CREATE INDEX callbacks_by_id ON §.callbacks USING hash (id);
CREATE INDEX callbacks_by_order ON §.callbacks USING hash (order_id);
CREATE INDEX callbacks_by_call ON §.callbacks USING hash (call_id);
CREATE INDEX callbacks_by_deliver_as ON §.callbacks USING hash (deliver_as);
CREATE INDEX callbacks_by_user_task ON §.callbacks USING hash (user_task) WHERE task IS NULL;

CREATE TABLE §.bodies (
  received_at bigint NOT NULL, key text COLLATE "C" NOT NULL, body bytea NOT NULL, PRIMARY KEY (received_at, key)
) PARTITION BY RANGE (received_at);

CREATE TABLE §.deliveries (
  received_at bigint NOT NULL, at bigint NOT NULL, next_at bigint, output integer NOT NULL, state smallint NOT NULL, fault smallint, changed boolean NOT NULL,
  parked_at bigint, returned_at bigint,
  key text COLLATE "C" NOT NULL, reason text COLLATE "C", PRIMARY KEY (output, received_at, key)
) PARTITION BY RANGE (received_at);
CREATE INDEX deliveries_notable ON §.deliveries (state, received_at) WHERE state <> 5 OR reason IS NOT NULL;

CREATE TABLE §.attempts (
  received_at bigint NOT NULL, at bigint NOT NULL, next_at bigint, output integer NOT NULL, number integer NOT NULL, ms integer NOT NULL,
  status integer, outcome smallint NOT NULL, fault smallint, key text COLLATE "C" NOT NULL, reason text COLLATE "C", answer bytea,
  PRIMARY KEY (received_at, key, output, number, at)
) PARTITION BY RANGE (received_at);

CREATE TABLE §.repeats (
  received_at bigint NOT NULL, conflict boolean NOT NULL, key text COLLATE "C" NOT NULL, PRIMARY KEY (key, received_at)
) PARTITION BY RANGE (received_at);

CREATE TABLE §.callbacks_default PARTITION OF §.callbacks DEFAULT;
CREATE TABLE §.bodies_default PARTITION OF §.bodies DEFAULT;
CREATE TABLE §.deliveries_default PARTITION OF §.deliveries DEFAULT;
CREATE TABLE §.attempts_default PARTITION OF §.attempts DEFAULT;
CREATE TABLE §.repeats_default PARTITION OF §.repeats DEFAULT;

CREATE TABLE §.tasks (
  n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, digest bytea NOT NULL UNIQUE, first_at bigint NOT NULL, last_at bigint NOT NULL,
  orders integer NOT NULL DEFAULT 0, orders_finished integer NOT NULL DEFAULT 0, orders_missing integer NOT NULL DEFAULT 0, calls integer NOT NULL DEFAULT 0,
  task text COLLATE "C" NOT NULL, source text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, user_task text COLLATE "C"
);
CREATE INDEX tasks_by_id ON §.tasks USING hash (task);
CREATE INDEX tasks_by_user_id ON §.tasks USING hash (user_task);
CREATE INDEX tasks_by_time ON §.tasks (last_at, n);
CREATE TABLE §.task_items (
  hash bigint NOT NULL, task integer NOT NULL, kind smallint NOT NULL, seen smallint NOT NULL, item text COLLATE "C" NOT NULL, PRIMARY KEY (task, hash)
);
CREATE INDEX task_items_missing ON §.task_items (task) WHERE kind = 0 AND seen = 4;
CREATE TABLE §.task_progress (
  task integer NOT NULL, received_at bigint NOT NULL, key text COLLATE "C" NOT NULL, progress text NOT NULL, PRIMARY KEY (task, received_at, key)
);

CREATE TABLE §.refusals (
  minute bigint NOT NULL, process text COLLATE "C" NOT NULL, code text COLLATE "C" NOT NULL, source text COLLATE "C" NOT NULL, count integer NOT NULL,
  PRIMARY KEY (minute, process, code, source)
);
CREATE TABLE §.actions (
  id text COLLATE "C" PRIMARY KEY, at bigint NOT NULL, "by" text COLLATE "C" NOT NULL, command text COLLATE "C" NOT NULL, facts text NOT NULL
);
CREATE INDEX actions_by_time ON §.actions (at, id);
CREATE TABLE §.action_callbacks (
  received_at bigint NOT NULL, key text COLLATE "C" NOT NULL, action text COLLATE "C" NOT NULL, PRIMARY KEY (received_at, key, action)
);
CREATE INDEX action_callbacks_by_action ON §.action_callbacks (action);
CREATE TABLE §.gaps (
  id text COLLATE "C" PRIMARY KEY, since bigint NOT NULL, until bigint NOT NULL, callbacks bigint NOT NULL, attempts bigint NOT NULL, reason text COLLATE "C" NOT NULL
);
`;

const REST = `
CREATE SEQUENCE §.rounds;
CREATE TABLE §.rest (
  received_at bigint NOT NULL, at bigint NOT NULL, round bigint NOT NULL, place bigint NOT NULL, attempts integer, size integer NOT NULL,
  kind smallint NOT NULL, fault smallint, id text COLLATE "C" PRIMARY KEY, output text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL,
  request_id text COLLATE "C" NOT NULL, source text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, type text COLLATE "C",
  batch text COLLATE "C", reason text COLLATE "C", code text COLLATE "C", payload bytea NOT NULL
);
CREATE INDEX rest_by_age ON §.rest (kind, output, received_at, id);
CREATE INDEX rest_by_time ON §.rest (at, id);
CREATE INDEX rest_by_request ON §.rest USING hash (request_id);
CREATE INDEX rest_by_key ON §.rest USING hash (key);
CREATE TABLE §.rest_counts (
  kind smallint, output text COLLATE "C", entries bigint NOT NULL, size bigint NOT NULL, PRIMARY KEY (kind, output)
);
CREATE FUNCTION §.count_rest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO §.rest_counts AS c SELECT kind, output, count(*), sum(size) FROM added GROUP BY kind, output ORDER BY kind, output
      ON CONFLICT (kind, output) DO UPDATE SET entries = c.entries + excluded.entries, size = c.size + excluded.size;
  ELSIF TG_OP = 'DELETE' THEN
    UPDATE §.rest_counts c SET entries = c.entries - g.entries, size = c.size - g.size
      FROM (SELECT kind, output, count(*) AS entries, sum(size) AS size FROM removed GROUP BY kind, output ORDER BY kind, output) g
      WHERE c.kind = g.kind AND c.output = g.output;
  ELSE
    UPDATE §.rest_counts c SET size = c.size + g.size
      FROM (SELECT kind, output, sum(size) AS size FROM (
        SELECT kind, output, size FROM added UNION ALL SELECT kind, output, -size FROM removed
      ) both_sides GROUP BY kind, output ORDER BY kind, output) g
      WHERE c.kind = g.kind AND c.output = g.output;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER rest_added AFTER INSERT ON §.rest REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION §.count_rest();
CREATE TRIGGER rest_removed AFTER DELETE ON §.rest REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION §.count_rest();
CREATE TRIGGER rest_changed AFTER UPDATE ON §.rest REFERENCING NEW TABLE AS added OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION §.count_rest();
`;

export const firstLayout = (schema: string): string => (FIRST + REST).replaceAll('§', () => schema);
