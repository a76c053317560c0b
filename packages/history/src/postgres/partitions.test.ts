import { expect, it } from 'vitest';
import { NO_ROWS } from '../store/rows.ts';
import { attemptRow, callbackRow, deliveryRow } from '../store/test-rows.ts';
import { createPartitions, DAY_MS, dayOf, partitionName } from './partitions.ts';
import { admin, open, schemaOfTest } from './test-postgres.ts';

const WHOLE = { wholeDays: { callbacks: true, bodies: true } };

function rowsAt(...times: number[]) {
  const callbacks = times.map((receivedAt, i) => callbackRow(`id-${i}`, { receivedAt }));
  return {
    ...NO_ROWS,
    callbacks,
    deliveries: callbacks.map((row) => deliveryRow(row)),
    attempts: callbacks.map((row) => attemptRow(row)),
  };
}

it('gives each day a partition; times out of range share one', async () => {
  const place = schemaOfTest();
  const store = await open(place);
  const now = Date.now();
  await store.write(rowsAt(now, now - 3 * DAY_MS, 5, now + 400 * DAY_MS));
  const tables = await admin(place.url).sql(
    `SELECT tableoid::regclass::text AS name FROM ${place.schema}.callbacks ORDER BY received_at`,
  );
  const days = [partitionName('callbacks', dayOf(now - 3 * DAY_MS)), partitionName('callbacks', dayOf(now))];
  expect(tables.map(({ name }) => String(name).split('.')[1])).toEqual(['callbacks_default', ...days, 'callbacks_default']);
});

it('moves rows to the partition of their day once that is made', async () => {
  const place = schemaOfTest();
  const store = await open(place);
  const later = Date.now() + 10 * DAY_MS;
  await store.write(rowsAt(later));
  const database = admin(place.url);
  await createPartitions(database, place.schema, 30).ensure([dayOf(later)], later);
  const name = `${place.schema}.${partitionName('callbacks', dayOf(later))}`;
  expect(await database.sql(`SELECT count(*) AS count FROM ${name}`)).toEqual([{ count: 1 }]);
  expect(await store.count({})).toBe(1);
});

it('drops days that are over, and bodies before them; a day is over when all of it is', async () => {
  const place = schemaOfTest();
  const store = await open(place, WHOLE);
  const today = dayOf(Date.now()) * DAY_MS;
  const [old, edge, kept] = [today - 20 * DAY_MS, today - 10 * DAY_MS, today] as const;
  await store.write(rowsAt(old, old + 1, edge, kept, 7));
  const pruned = await store.prune({ before: edge + 1000, bodiesBefore: today });
  expect(pruned).toEqual({ callbacks: 3, bodies: 1 });
  expect(await store.status()).toMatchObject({ callbacks: 2, deliveries: 2, attempts: 2, bodies: 1 });
  const names = await admin(place.url).sql(`SELECT relname FROM pg_class WHERE relname = $1`, [
    partitionName('callbacks', dayOf(old)),
  ]);
  expect(names).toEqual([]);
});

it('does not hold up writers while another session keeps a day from going', async () => {
  const place = schemaOfTest();
  const store = await open(place, WHOLE);
  const now = Date.now();
  await store.write(rowsAt(now, now - 20 * DAY_MS));
  let pruning: Promise<unknown> = Promise.resolve();
  await admin(place.url).transaction(async (sql) => {
    await sql(`SELECT count(*) FROM ${place.schema}.callbacks`);
    pruning = store.prune({ before: now - 5 * DAY_MS });
    // Its lock waits for ours, and for a second at most.
    for (let i = 0; i < 3; i += 1) await store.write(rowsAt(now + i));
  });
  expect(await pruning).toEqual({ callbacks: 1, bodies: 0 });
});

it('drops what a killed process had taken out and not yet dropped', async () => {
  const place = schemaOfTest();
  const store = await open(place, WHOLE);
  const old = Date.now() - 20 * DAY_MS;
  await store.write(rowsAt(old));
  const name = partitionName('callbacks', dayOf(old));
  const { sql } = admin(place.url);
  await sql(`ALTER TABLE ${place.schema}.callbacks DETACH PARTITION ${place.schema}.${name}`);
  await store.prune({ before: old + 2 * DAY_MS });
  expect(await sql('SELECT to_regclass($1) AS found', [`${place.schema}.${name}`])).toEqual([{ found: null }]);
});
