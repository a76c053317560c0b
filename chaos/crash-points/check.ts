import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@ringback/testkit/bare';
import { PREFIX } from '../settings.ts';
import type { Taken } from './destination.ts';
import { type Answers, readDeadLetters } from './flow.ts';
import type { Invariant } from './invariants.ts';
import { readLedger } from './ledger-view.ts';
import { datasetBytes, findLeftovers } from './leftovers.ts';
import { callbacks, deliveryName, type Message, messages, type Output, OUTPUTS } from './messages.ts';
import { type Stage, VICTIMS } from './stage.ts';
import type { Crash } from './strike.ts';
import { furtherTakeovers, type PerOutput } from './takeovers.ts';

export type Violation = { readonly invariant: Invariant; readonly what: string };

export type CheckOptions = {
  readonly answers: Answers;
  readonly crash: Crash;
  /** Bytes of Redis's data without faults. */
  readonly dataset?: number | undefined;
};

/** Generous, for a busy machine. */
const READY_WITHIN_MS = 20_000;
/** Locks must expire, and a worker must notice. */
const RESTS_WITHIN_MS = 20_000;
const LOOKS_AGAIN_AFTER_MS = 300;
/** Bytes; allocations differ between runs. */
const DATASET_MAY_DIFFER = 512 * 1024;

/** Waits until all is at rest. */
export async function check(stage: Stage, { answers, crash, dataset }: CheckOptions): Promise<Violation[]> {
  // First: the spool still writes to Redis.
  const ready = await askReadiness(stage);
  const nothingLeft = await untilNothingIsLeft(stage);
  const [ledger, dead, quarantined, further] = await Promise.all([
    readLedger(stage),
    readDeadLetters(stage),
    stage.redis.lrange(`${PREFIX}:quarantine:wait`, '0', '-1'),
    furtherTakeovers(stage, crash.active),
  ]);
  const refused = [...answers.acked, ...answers.refused].filter((name) => name === 'conflict' || name === 'unfit');
  const kept = new Set(quarantined).size;
  return [
    ...callbacks
      .filter(({ name }) => answers.acked.has(name) && !ledger.claimed.has(name))
      .map(({ name }) => violation('ACKED_IS_QUEUED', name)),
    ...judgeArrivals(stage, { answers, window: crash.window, dead, further }),
    ...judgeOutcomes(ledger.outcomes),
    ...(kept === refused.length && kept === quarantined.length
      ? []
      : [violation('REFUSED_IS_KEPT', `${quarantined.length} in quarantine, not ${refused.length}`)]),
    ...nothingLeft,
    ...judgeMemory(await datasetBytes(stage), dataset),
    ...ready,
  ];
}

const violation = (invariant: Invariant, what: string): Violation => ({ invariant, what });

async function untilNothingIsLeft(stage: Stage): Promise<Violation[]> {
  let left: string[] = [];
  const isEmpty = async () => {
    left = await findLeftovers(stage);
    if (left.length > 0) return false;
    // Withheld requests may still be on their way.
    await delay(LOOKS_AGAIN_AFTER_MS);
    left = await findLeftovers(stage);
    return left.length === 0;
  };
  await until(isEmpty, { withinMs: RESTS_WITHIN_MS, what: () => left.join(', ') }).catch(() => {});
  return left.map((what) => violation('NOTHING_LEFT', what));
}

type Arrivals = Pick<CheckOptions, 'answers'> &
  Pick<Crash, 'window'> & { readonly dead: readonly string[]; readonly further: PerOutput };

function judgeArrivals({ destination }: Stage, { answers, window, dead, further }: Arrivals): Violation[] {
  const { taken } = destination;
  const strangers = taken.filter(({ name }) => !callbacks.some((one) => one.name === name));
  const judgeOne = (message: Message, output: Output): Violation[] => {
    const delivery = deliveryName(output, message.name);
    const arrived = taken.filter((one) => one.name === message.name && one.output === output);
    const ended = isDeadLetter(message, output) ? dead.includes(delivery) : arrived.length > 0;
    return [
      ...(!ended && answers.acked.has(message.name) ? [violation('NO_LOST_FANOUT', delivery)] : []),
      ...(arrived.length > (window.has(delivery) ? 2 : 1) + further[output]
        ? [violation('REPEAT_ONLY_IN_WINDOW', `${delivery}: ${historyOf(arrived)}, ${further[output]} further takeovers`)]
        : []),
    ];
  };
  return [
    ...strangers.map(({ output, name }) => violation('ONE_OWNER', deliveryName(output, name))),
    ...callbacks.flatMap((message) => OUTPUTS.flatMap((output) => judgeOne(message, output))),
    ...callbacks
      .filter(({ name }) => new Set(taken.filter((one) => one.name === name).map(({ webhookId }) => webhookId)).size > 1)
      .map(({ name }) => violation('SAME_WEBHOOK_ID', name)),
  ];
}

/** When it was taken again, and over which connections. */
function historyOf(arrived: readonly Taken[]): string {
  const first = arrived[0]?.at ?? 0;
  return arrived.map(({ at, clientPort }) => `+${Math.round(at - first)} ms (port ${clientPort})`).join(', ');
}

function isDeadLetter({ ends }: Message, output: Output): boolean {
  const answers = ends?.[output];
  return Array.isArray(answers) && answers.at(-1) === 400;
}

/** `refused`: another callback has its requestID now. */
function judgeOutcomes(outcomes: ReadonlyMap<string, string>): Violation[] {
  return callbacks
    .filter(({ name }) => name !== messages.refused.name)
    .flatMap(({ name }) => OUTPUTS.map((output) => deliveryName(output, name)))
    .filter((delivery) => outcomes.get(delivery) !== 'delivered')
    .map((delivery) => violation('OUTCOME_IS_TRUE', `${delivery}: ${outcomes.get(delivery) ?? 'nothing'}`));
}

function judgeMemory(bytes: number, reference: number | undefined): Violation[] {
  if (reference === undefined || Math.abs(bytes - reference) <= DATASET_MAY_DIFFER) return [];
  return [violation('MEMORY_IS_BACK', `${bytes} bytes, not ${reference}`)];
}

async function askReadiness({ slots }: Stage): Promise<Violation[]> {
  const ask = () => Promise.all(VICTIMS.map((victim) => slots[victim].readiness().catch(() => undefined)));
  let answers = await ask();
  const areReady = async () => (answers = await ask()).every((answer) => answer?.ready && answer.spooling === 0);
  await until(areReady, { withinMs: READY_WITHIN_MS, what: () => 'both to be ready' }).catch(() => {});
  return VICTIMS.flatMap((victim, index) => {
    const answer = answers[index];
    const spooling = answer?.spooling ?? 0;
    return [
      ...(answer?.ready ? [] : [violation('READY_AGAIN', victim)]),
      ...(spooling > 0 ? [violation('NOTHING_LEFT', `${spooling} in the spool`)] : []),
    ];
  });
}
