import { setTimeout as delay } from 'node:timers/promises';
import { type CallbacksLeft, callbacksLeft, isDispatchPaused, type RunningProcess, runningProcesses } from '@ringback/queue';
import type { ShardPlace } from '@ringback/queue';
import type { Terminal } from '../terminal/terminal.ts';

/** Each ingress looks at the number every second, and then ends the writes that it has under way. ms. */
const INGRESSES_SEE_IT_WITHIN = 3000;
const LOOK_EVERY_MS = 250;
const SAY_EVERY_MS = 5000;

type Waiting = {
  readonly shards: readonly [ShardPlace, ...ShardPlace[]];
  /** ms. */
  readonly within: number;
  readonly terminal: Terminal;
};

type Wait = {
  readonly within: number;
  readonly atLeast?: number;
  readonly terminal: Terminal;
  /** What is waited for, in words. Undefined: it is there. */
  readonly left: () => Promise<string | undefined>;
};

/** Undefined, or what was left in the end. */
async function waitFor({ within, atLeast = 0, terminal, left }: Wait): Promise<string | undefined> {
  const since = performance.now();
  let saidAt = since;
  for (;;) {
    const words = await left();
    const waited = performance.now() - since;
    if (words === undefined && waited >= atLeast) return undefined;
    if (words !== undefined && waited >= within) return words;
    if (words !== undefined && performance.now() - saidAt >= SAY_EVERY_MS) {
      saidAt = performance.now();
      terminal.out(`waiting: ${words}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** Until no shard has callbacks that are not dispatched. Resolves to what is left after `within`. */
export function untilDrained({ shards, ...waiting }: Waiting): Promise<string | undefined> {
  return waitFor({
    ...waiting,
    atLeast: INGRESSES_SEE_IT_WITHIN,
    async left() {
      const left = await callbacksLeft(shards);
      return left.length === 0 ? undefined : `${batchesOf(left)}${await whyNot(shards[0])}`;
    },
  });
}

function batchesOf(left: readonly CallbacksLeft[]): string {
  const sum = left.reduce((all, { batches }) => all + batches, 0);
  const each = left.map(({ shard, batches }) => `${batches} in shard ${shard}`).join(', ');
  return `${sum === 1 ? '1 batch of callbacks is' : `${sum} batches of callbacks are`} left (${each})`;
}

async function whyNot(first: ShardPlace): Promise<string> {
  if (await isDispatchPaused(first)) return '. Dispatching is paused: ringback dispatch resume';
  return (await workers(first)).length === 0 ? '. No worker runs: start one' : '';
}

/** Until no worker is announced. They end by themselves; one that was killed is forgotten after 20 s. */
export function untilNoWorkers({ shards, ...waiting }: Waiting): Promise<string | undefined> {
  return waitFor({
    ...waiting,
    async left() {
      const running = await workers(shards[0]);
      const names = running.map(({ host, pid }) => `${host}:${pid}`).join(', ');
      return running.length === 0 ? undefined : `these workers have not ended yet: ${names}`;
    },
  });
}

async function workers(first: ShardPlace): Promise<RunningProcess[]> {
  return (await runningProcesses(first)).filter(({ app }) => app === 'worker');
}
