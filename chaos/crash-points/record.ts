import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServerSpec } from '@ringback/redis-server';
import type { Kinds } from './command-kind.ts';
import { exchangeKind } from './destination.ts';
import { type Answers, runFlow } from './flow.ts';
import { clear } from './leftovers.ts';
import { createCounter, type Recording } from './points.ts';
import { createStage, type Stage, VICTIMS } from './stage.ts';

const IDLE_MS = 3500;
/** At least so many while idle: the command is timed. */
const PERIODIC_FROM = 2;

/** Has run once: Redis knows every script. */
export async function createWarmStage(spec: RedisServerSpec, kinds: Kinds): Promise<Stage> {
  const stage = await createStage(spec);
  try {
    watch(stage, kinds);
    await runFlow(stage);
    unwatch(stage);
    await clearStage(stage);
    return stage;
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** As after its start. */
export async function clearStage(stage: Stage): Promise<void> {
  await clear(stage);
  stage.destination.reset();
}

/** Without a fault. */
export async function recordRun(stage: Stage, kinds: Kinds): Promise<{ recording: Recording; answers: Answers }> {
  const idle = watch(stage, kinds);
  await delay(IDLE_MS);
  const periodic = VICTIMS.flatMap((victim) =>
    [...idle.commands[victim]].flatMap(([kind, count]) => (count >= PERIODIC_FROM ? kind : [])),
  );
  const { commands, exchanges } = watch(stage, kinds);
  const answers = await runFlow(stage);
  unwatch(stage);
  return { recording: { commands, exchanges, periodic: new Set(periodic) }, answers };
}

function watch({ proxies, destination }: Stage, kinds: Kinds): Omit<Recording, 'periodic'> {
  const [ingress, worker, exchanges] = [createCounter(), createCounter(), createCounter()];
  const count = (counter: typeof ingress) => (command: readonly string[]) => void counter.add(kinds.of(command));
  proxies.ingress.watch(count(ingress), never);
  proxies.worker.watch(count(worker), never);
  destination.watch((exchange) => void exchanges.add(exchangeKind(exchange)), never);
  return { commands: { ingress: ingress.counts, worker: worker.counts }, exchanges: exchanges.counts };
}

const never = () => {};

export function unwatch({ proxies, destination }: Stage): void {
  for (const proxy of Object.values(proxies)) proxy.watch(() => undefined, never);
  destination.watch(() => undefined, never);
}
