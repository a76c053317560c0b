import { callbackKey, placeOfKey } from '@ringback/contracts';
import { NO_ROWS, peekAtStream, readBufferState, type RestEntry } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import { createBodies, createDeliveryProducer, noteOutputs } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { runCli, testFile } from '../run-cli.ts';
import { callbackRow, withTestHistory } from '../search/test-history.ts';

const T = Date.now() - 3_600_000;
export const callback = (id: string) => testCallback(id, { receivedAt: T });
const retry = { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 };

function parked(output: string, id: string): RestEntry {
  const { source, account, type, receivedAt } = callback(id);
  const key = callbackKey(callback(id));
  const identity = { key, place: placeOfKey(key), requestID: id, source, account, type, batch: 'b5', receivedAt };
  const payload = JSON.stringify({ v: 1, batch: 'b5', from: 'b5', callback: callback(id) });
  return { id: `b5.${key}.${output}`, kind: 'parked', output, ...identity, at: T + 5, payload };
}

const KILL = `
import { Socket } from 'node:net';
const { write } = Socket.prototype;
Socket.prototype.write = function (data, ...rest) {
  if (Buffer.from(data).includes('"kind":"changed"')) process.kill(process.pid, 'SIGKILL');
  return write.call(this, data, ...rest);
};
`;

/** For tests: a removed output with a delivery in each place, and many that wait alone. */
export async function setUpRemoved(many: number) {
  const place = testRedis();
  const redis = new Redis(place.url, { maxRetriesPerRequest: null });
  const access = { redis, prefix: place.prefix };
  onTestFinished(() => redis.disconnect());
  const { history, cli, file } = await withTestHistory(place);
  const names = Array.from({ length: many }, (_, i) => `many-${i}`);
  await fillOld(access, names);
  const parkForOld = () => history.rest.put([parked('old', 'parked')]);
  await parkForOld();
  const fate = { routes: [1], to: ['old'] };
  await history.write({ ...NO_ROWS, callbacks: [callbackRow('parked', { receivedAt: T, batch: 'b5', fate })] });
  const all = ['delivered', 'waiting', 'later', 'dead', 'held', 'parked', ...names];
  const idOf = new Map(all.map((id) => [callbackKey(callback(id)), id]));
  /** `<requestID> <output> <state>` with the reason, as it is on its way to the history. */
  const told = async () => {
    const rows = await peekAtStream(access, () => ({}), 100);
    await history.write(rows);
    return rows.deliveries.map(({ key, output, state, reason }) => `${idOf.get(key)} ${output} ${state}: ${reason}`).toSorted();
  };
  const events = async () => (await readBufferState(access)).events;
  /** The command as a process, killed as it is about to tell the history of its first change. */
  const killed = async (...args: readonly string[]) => {
    const hook = await testFile('kill.mjs', KILL);
    const env = { REDIS_URL: place.url, NODE_OPTIONS: `--import ${hook}` };
    return runCli([...args, '--config', file], { env });
  };
  return { cli, told, events, killed, history, ledger: ledgerOf(access), parkForOld };
}

type Access = { readonly redis: Redis; readonly prefix: string };

const ledgerOf = (access: Access) => createLedger({ ...access, window: 60_000 });

async function fillOld(access: Access, names: readonly string[]): Promise<void> {
  await noteOutputs(access, ['crm', 'log', 'old']);
  const old = createDeliveryProducer({ ...access, output: 'old', delivery: { retry }, nearlyFull: () => false });
  onTestFinished(() => old.close());
  await old.addBatch({ id: 'b1', callbacks: [callback('delivered'), callback('waiting')], again: false });
  const failed = { batch: 'b2', spent: { attempts: 1, uncounted: 0 }, fault: 'theirs' } as const;
  await old.addFailed({ ...failed, callback: callback('later'), outcome: 'retry', waitMs: 60_000 });
  await old.addFailed({ ...failed, callback: callback('dead'), outcome: 'dead', reason: 'HTTP 410' });
  const share = { output: 'old', callbacks: [callback('held')], state: 'held', beyond: 'held' } as const;
  await createBodies(access).store({ id: 'b3', batch: 'b3', again: false, compact: true, shares: [share] });
  await old.addAlone('b4', names.map(callback));
  await ledgerOf(access).record('old', [
    { batch: 'b1', key: callbackKey(callback('delivered')), outcome: 'delivered' },
    { batch: 'b5', key: callbackKey(callback('parked')), outcome: 'parked' },
  ]);
}
