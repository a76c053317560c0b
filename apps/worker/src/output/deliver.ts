import { callbackKey, type Logger, type Output } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';
import { createGroupCommit } from '@ringback/pacing';
import { type DeliveryHandlers, type DeliveryProducer, HandBack } from '@ringback/queue';
import type { LimitFunction } from 'p-limit';
import { allSettled } from '../all-settled.ts';
import { type Attempt, type AttemptDeps, type Attempted, createAttempt } from './attempt.ts';
import type { Breaker } from './breaker.ts';
import { createDied, isOpen } from './died.ts';
import type { OnAttempt } from '../metrics/attempts.ts';
import type { AttemptEvent, HistoryEvents } from '../history/events.ts';
import type { TellEnded } from '../tell-ended.ts';

export type DeliverDeps = {
  readonly output: Output;
  readonly breaker: Breaker;
  readonly attempts: number;
  readonly settling: AttemptDeps['settling'];
  readonly timeout: number;
  readonly onAttempt: OnAttempt;
  /** Of this output, in this process. */
  readonly limit: LimitFunction;
  readonly ledger: Pick<Ledger, 'outcomes' | 'record' | 'keep'>;
  /** Absent: there is no history. */
  readonly history?: Pick<HistoryEvents, 'attemptOf' | 'attempted'> | undefined;
  /** Absent: nobody wants to know what died with its job. */
  readonly tellEnded?: TellEnded | undefined;
  readonly retries: Pick<DeliveryProducer, 'addAlone' | 'addFailed' | 'handedOn'>;
  /** A rate limit counts jobs: a batch is split into single deliveries. */
  readonly alone: boolean;
  /** At shutdown: attempts under way end, none begins. */
  readonly stopping: AbortSignal;
  readonly now: () => number;
  readonly redisNow: () => number;
  readonly traces?: AttemptDeps['traces'];
  readonly logger: Logger;
};

/** `key`: `callbackKey(callback)`, which costs a hash. */
type Keyed = Pick<Attempt, 'callback' | 'key'> & { readonly batch: string };

export function createDeliver(deps: DeliverDeps): DeliveryHandlers {
  const { output, ledger, settling } = deps;
  /** MUST outlast the delivery: the same callback is a duplicate until then. */
  const keep = (batch: string, keys: readonly string[]) =>
    ledger.keep({ batch, output: output.name }, { keys, forMs: settling.giveUpAfter });
  const steps = { begin: createBegin(deps), record: createRecorder(deps), keep };
  return { batch: createBatch(deps, steps), single: createSingle(deps, steps), died: createDied(deps) };
}

type Steps = {
  readonly begin: (next: Omit<Attempt, 'probe'>) => Promise<Attempted>;
  readonly record: ReturnType<typeof createRecorder>;
  readonly keep: (batch: string, keys: readonly string[]) => Promise<void>;
};

/** @throws HandBack if the attempt may not be made now */
function createBegin(deps: DeliverDeps): Steps['begin'] {
  const attempt = createAttempt(deps);
  return (next) =>
    deps.limit(async () => {
      const made = await deps.breaker.run((probe) => {
        if (deps.stopping.aborted) throw new HandBack();
        return attempt({ ...next, probe });
      }, next.spent.failingSince !== undefined);
      if (made === 'held') throw new HandBack();
      deps.onAttempt(made, next.callback);
      return made;
    });
}

function createBatch(deps: DeliverDeps, { begin, record, keep }: Steps): DeliveryHandlers['batch'] {
  const { attempts, retries, history } = deps;

  /** If it fails it MUST leave a job of its own first, then the outcome. */
  async function firstAttempt({ batch, callback, key }: Keyed): Promise<void> {
    const made = await begin({ callback, key, spent: UNSPENT, attempts });
    const { settlement } = made;
    const attempt = history?.attemptOf({ batch, callback, key }, made);
    if (settlement.outcome === 'delivered') return record({ batch, key, outcome: 'delivered', attempt });
    await retries.addFailed({ batch, callback, ...settlement });
    await record({ batch, key, outcome: settlement.outcome === 'dead' ? 'dead' : 'retrying', attempt });
    if (settlement.outcome === 'retry') await keep(batch, [key]);
  }

  return async ({ id: batch, callbacks, again }) => {
    const keyed = callbacks.map((callback) => ({ batch, callback, key: callbackKey(callback) }));
    if (deps.alone) return takeApart(deps, batch, keyed);
    const keys = keyed.map(({ key }) => key);
    try {
      await allSettled((again ? await stillToAttempt(deps, batch, keyed) : keyed).map(firstAttempt));
    } catch (error) {
      // It waits until its destination is up, then runs again.
      if (error instanceof HandBack) await keep(batch, keys);
      throw error;
    }
  };
}

function createSingle(deps: DeliverDeps, { begin, record, keep }: Steps): DeliveryHandlers['single'] {
  return async ({ batch, callback, spent, attempts, refused }) => {
    const key = callbackKey(callback);
    const [outcome] = await deps.ledger.outcomes({ batch, output: deps.output.name }, [key]);
    // `dropped` is final too; it is counted elsewhere.
    if (outcome === 'delivered' || outcome === 'dropped') return { outcome: 'delivered' };
    if (refused !== undefined) return { outcome: 'dead', ...refused, spent };
    const made = await begin({ callback, key, spent, attempts });
    const { settlement } = made;
    const attempt = deps.history?.attemptOf({ batch, callback, key }, made);
    if (settlement.outcome !== 'retry') await record({ batch, key, outcome: settlement.outcome, attempt });
    else await Promise.all([keep(batch, [key]), attempt && record({ batch, key, attempt })]);
    return settlement;
  };
}

const UNSPENT = { attempts: 0, uncounted: 0 };

/** At the head of the queue: the next batch is split after these. */
async function takeApart(deps: DeliverDeps, batch: string, keyed: readonly Keyed[]): Promise<void> {
  const rest = await stillToAttempt(deps, batch, keyed);
  if (rest.length === 0) return;
  const callbacks = rest.map(({ callback }) => callback);
  await deps.retries.addAlone(batch, callbacks);
}

/** MUST look for jobs first: one that ended has left its outcome. */
async function stillToAttempt(
  { ledger, output, retries }: DeliverDeps,
  batch: string,
  keyed: readonly Keyed[],
): Promise<Keyed[]> {
  const keys = keyed.map(({ key }) => key);
  const handedOn = await retries.handedOn(batch, keys);
  const outcomes = await ledger.outcomes({ batch, output: output.name }, keys);
  return keyed.filter((_, index) => isOpen(outcomes[index]) && !handedOn[index]);
}

type Recorded = {
  readonly batch: string;
  readonly key: string;
  /** Absent: its job goes on, and knows. */
  readonly outcome?: Parameters<Ledger['record']>[1][number]['outcome'];
  readonly attempt?: AttemptEvent | undefined;
};

/** Outcomes during a write go together in the next one, and to the history beside it. */
function createRecorder({ output: { name }, ledger, history }: DeliverDeps) {
  const recordAll = (entries: readonly Recorded[]) =>
    ledger.record(
      name,
      entries.flatMap(({ batch, key, outcome }) => (outcome === undefined ? [] : { batch, key, outcome })),
    );
  const commit = createGroupCommit<Recorded>({
    async write(entries) {
      if (!history) return recordAll(entries);
      // The history MUST be first: a delivery that the ledger knows of is not attempted again.
      const told = history.attempted(
        name,
        entries.flatMap(({ attempt }) => attempt ?? []),
      );
      await Promise.all([told, recordAll(entries)]);
    },
    sizeOf: () => 1,
    maxItems: 256,
    maxBytes: 256,
  });
  return (entry: Parameters<typeof commit.submit>[0]) => commit.submit(entry);
}
