import { createSink } from '@ringback/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { freePortBlock } from '../scripts/test-ports.ts';
import { sendAll } from './sixteen-shards-load.ts';
import { checkoutAt, commandsOfDocs, nodesOf, said, untilArrived } from './sixteen-shards-setup.ts';

const CALLBACKS = 4000;
const KILL_AT = 1200;
const SHARDS = 16;
const WORKERS = 4;
/** That a worker has under way at once. */
const ATTEMPTS = 32;

it('the commands of docs/scaling.md run 16 shards on a cluster, with two ingresses and four workers, and a killed primary loses nothing that was acked', async () => {
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const first = await freePortBlock();
  const made = await checkoutAt({ first, destination: `${sink.url}/hook`, attempts: ATTEMPTS });
  const [cluster = '', start = '', send = '', ...more] = await commandsOfDocs();
  expect(more).toEqual([]);
  const run = (command: string) => made.command(command.split(' '), { RINGBACK_CLUSTER_PORT: String(first) });

  const running = run(cluster);
  await said(running, /^cluster {2}is up: /m);
  const apps = run(start);
  await said(apps, /^Everything is up\./m);
  const ingresses = [...apps.stdout().matchAll(/^ingress \d is up at (http:\S+),/gm)].map(([, url = '']) => url);
  expect(ingresses).toHaveLength(2);
  expect(apps.stdout().match(/^worker \d is up/gm)).toHaveLength(WORKERS);
  const sent = run(send);
  expect(await sent.ended).toEqual({ code: 0, signal: null });

  const nodes = await nodesOf(made, first);
  let killed: Promise<void> | undefined;
  const onAck = (acked: number) => {
    if (acked >= KILL_AT) killed ??= nodes.kill();
  };
  const { acked, refused } = await sendAll({ ingresses, count: CALLBACKS, twice: 3, onAck });
  await killed;
  expect(acked.size).toBe(CALLBACKS);
  expect(refused).toBeGreaterThan(0);
  await said(running, new RegExp(`^node ${first}: is back`, 'm'));
  expect(Math.min(...(await nodes.keysPerShard(SHARDS)))).toBeGreaterThan(CALLBACKS / SHARDS / 2);

  const { repeats, underAnotherKey } = await untilArrived(sink, acked.keys());
  // What was under way when the primary was killed may come again, with the same key.
  expect(repeats).toBeLessThanOrEqual(WORKERS * ATTEMPTS);
  expect(underAnotherKey).toBe(0);
}, 600_000);
