import { setTimeout as delay } from 'node:timers/promises';
import { type Halt, until } from '@ringback/testkit/bare';
import type { Kinds } from './command-kind.ts';
import { exchangeKind } from './destination.ts';
import { readLedger, takenOf, underWay, windowOf } from './ledger-view.ts';
import { createCounter, type Point } from './points.ts';
import type { Stage } from './stage.ts';
import { activeJobs, nothingIsTaken, type PerOutput } from './takeovers.ts';

/** Longer than `worker.lockDuration`, and than four times `ingress.enqueueTimeout`. */
const STOPPED_FOR_MS = 2500;
const TAKEN_OVER_WITHIN_MS = 15_000;

export type Crash = {
  /** Deliveries that may be repeated for it. */
  readonly window: ReadonlySet<string>;
  /** Delivery jobs that were under way. */
  readonly active: PerOutput;
};

/** Nothing broke. */
export const NO_CRASH: Crash = { window: new Set(), active: { crm: 0, ops: 0 } };

export type Strike = {
  readonly reached: () => boolean;
  /** Resolves once everything is up again. At once, where it was not reached. */
  readonly over: () => Promise<Crash>;
};

/** What a proxy or the destination has us decide. */
type Halted = Pick<Halt, 'release' | 'cut' | 'drop'>;

/** Breaks what `point` names when it comes, once. */
export function armStrike(stage: Stage, point: Point, kinds: Kinds): Strike {
  let work: Promise<Crash> | undefined;
  const counter = createCounter();
  const sideOf = (kind: string) =>
    work === undefined && kind === point.kind && counter.add(kind) === point.nth ? point.side : undefined;
  // The same turn: nothing may pass before the fault.
  const strike = (halted: Halted) => {
    work = breakIt(stage, point, halted);
    // Whoever asks for it hears of a failure; nobody may, if the run fails first.
    work.catch(() => {});
  };
  if (point.what === 'command') stage.proxies[point.victim].watch((command) => sideOf(kinds.of(command)), strike);
  else stage.destination.watch((exchange) => sideOf(exchangeKind(exchange)), strike);
  return { reached: () => work !== undefined, over: async () => (await work) ?? NO_CRASH };
}

function breakIt(stage: Stage, { victim, fault }: Point, halted: Halted): Promise<Crash> {
  const pid = stage.slots[victim].pid() ?? 0;
  switch (fault) {
    case 'kill':
      process.kill(pid, 'SIGKILL');
      return replace(stage, victim, halted);
    case 'cut':
      halted.cut();
      return look(stage);
    case 'stop':
      process.kill(pid, 'SIGSTOP');
      return victim === 'worker' ? takeOver(stage, pid, halted) : goOnLater(pid, halted);
    default:
      return fault satisfies never;
  }
}

/** A new process in the place of the killed one. */
async function replace(stage: Stage, victim: Point['victim'], halted: Halted): Promise<Crash> {
  const slot = stage.slots[victim];
  await slot.kill();
  // Only now: what it had sent and nobody saw is gone with it.
  halted.drop();
  const crash = await look(stage);
  await slot.start();
  return crash;
}

async function look(stage: Stage): Promise<Crash> {
  const active = await activeJobs(stage);
  return { window: windowOf(takenOf(stage), await readLedger(stage)), active };
}

/** Another worker does what the stopped one has under way; then that one goes on. */
async function takeOver(stage: Stage, pid: number, halted: Halted): Promise<Crash> {
  const active = await activeJobs(stage);
  const ledger = await readLedger(stage);
  const held = await underWay(stage, ledger);
  const stoppedFor = delay(STOPPED_FOR_MS);
  await stage.relief.start();
  // The answers to what it had sent are in by now; the other one has had no time to send.
  const window = new Set([...windowOf(takenOf(stage), ledger), ...held]);
  await stoppedFor;
  await until(() => nothingIsTaken(stage), { withinMs: TAKEN_OVER_WITHIN_MS, what: () => 'the other worker to have taken over' });
  process.kill(pid, 'SIGCONT');
  halted.release();
  return { window, active };
}

async function goOnLater(pid: number, halted: Halted): Promise<Crash> {
  await delay(STOPPED_FOR_MS);
  process.kill(pid, 'SIGCONT');
  halted.release();
  return NO_CRASH;
}
