import { setTimeout as delay } from 'node:timers/promises';
import { type Halt, until } from '@ringback/testkit/bare';
import type { Kinds } from './command-kind.ts';
import { exchangeKind } from './destination.ts';
import { readLedger, takenOf, underWay, windowOf } from './ledger-view.ts';
import { createCounter, type Point } from './points.ts';
import type { Stage } from './stage.ts';
import { activeJobs, nothingIsTaken, type PerOutput } from './takeovers.ts';

/** Longer than `worker.lockDuration` and four times `ingress.enqueueTimeout`. */
const STOPPED_FOR_MS = 2500;
const TAKEN_OVER_WITHIN_MS = 15_000;

export type Crash = {
  /** Deliveries that may be repeated. */
  readonly window: ReadonlySet<string>;
  /** Active delivery jobs. */
  readonly active: PerOutput;
};

export const NO_CRASH: Crash = { window: new Set(), active: { crm: 0, ops: 0 } };

export type Strike = {
  readonly reached: () => boolean;
  /** Resolves once everything is up again; at once if nothing broke. */
  readonly over: () => Promise<Crash>;
};

type Halted = Pick<Halt, 'release' | 'cut' | 'drop'>;

/** Once, when `point` comes. */
export function armStrike(stage: Stage, point: Point, kinds: Kinds): Strike {
  let work: Promise<Crash> | undefined;
  const counter = createCounter();
  const sideOf = (kind: string) =>
    work === undefined && kind === point.kind && counter.add(kind) === point.nth ? point.side : undefined;
  // In the same turn: nothing may pass before the fault.
  const strike = (halted: Halted) => {
    work = breakIt(stage, point, halted);
    // The run may fail first, and then nobody listens.
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

async function replace(stage: Stage, victim: Point['victim'], halted: Halted): Promise<Crash> {
  const slot = stage.slots[victim];
  await slot.kill();
  // Only now: what it had sent unseen is gone with it.
  halted.drop();
  if (victim === 'worker') await heardOut(stage);
  const crash = await look(stage);
  await slot.start();
  return crash;
}

/** The destination may still read what the killed worker sent: that was taken, too. */
function heardOut({ destination }: Stage): Promise<unknown> {
  const all = async () => (await destination.connections()) === 0;
  return until(all, { withinMs: TAKEN_OVER_WITHIN_MS, what: () => 'the destination to have read all of the killed worker' });
}

async function look(stage: Stage): Promise<Crash> {
  const active = await activeJobs(stage);
  return { window: windowOf(takenOf(stage), await readLedger(stage)), active };
}

/** Another worker does its work; then it goes on. */
async function takeOver(stage: Stage, pid: number, halted: Halted): Promise<Crash> {
  const active = await activeJobs(stage);
  const ledger = await readLedger(stage);
  const held = await underWay(stage, ledger);
  const stoppedFor = delay(STOPPED_FOR_MS);
  await stage.relief.start();
  // Answers to what it sent have arrived; the other worker has sent nothing yet.
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
