import { forgetInStream } from '@ringback/history';
import { forgetInQueues, type ForgottenIn } from '@ringback/queue';
import { createMissing, type Missing, type Places, shardName, type ShardPlace } from '../places.ts';
import { forgetInHistory, type ForgottenInHistory } from './in-history.ts';
import type { Person } from './person.ts';

/** What moves while it is looked for is found the next time. */
const MOST_ROUNDS = 5;

export type ForgetOptions = {
  readonly places: Places;
  readonly person: Person;
  readonly dryRun: boolean;
  /** What does not answer, in words. */
  readonly away: readonly string[];
  /** ms that a writer of the history has to finish what it took. */
  readonly patience: number;
  /** First of all: what is in a spool goes to Redis. */
  readonly spool: () => Promise<Looked>;
};

/** Of one place outside of Redis and the history. */
export type Looked = { readonly removed: number; readonly notReached: readonly string[] };

type Counted = { readonly place: string; readonly output?: string | undefined; readonly count: number };

export type Forgot = {
  /** Callbacks and deliveries by place. With `dryRun`: what would be removed. */
  readonly removed: readonly Counted[];
  /** In words, with what to do. Not empty: the person is not forgotten everywhere. */
  readonly notReached: readonly string[];
  /** Undefined: nothing was removed from the history. */
  readonly history?: ForgottenInHistory['erased'];
};

/**
 * Removes a person wherever a callback stands. Claims in the ledger stay: they hold no personal data, and without them
 * a repeat would be delivered.
 */
export async function forget(options: ForgetOptions): Promise<Forgot> {
  const { dryRun, spool, away, places } = options;
  const missing = createMissing(away);
  const report = createReport();
  const keys = new Set<string>();
  const spooled = await spool();
  report.removed('spool', undefined, spooled.removed);
  for (let round = 1; ; round += 1) {
    report.again();
    const before = report.count();
    for (const shard of places.shards)
      await missing.ask(shardName(places, shard.number), () => onShard(options, shard, { keys, report }));
    await missing.ask('history', () => inHistory(options, { keys, report }));
    if (dryRun || report.count() === before) break;
    if (round === MOST_ROUNDS) {
      report.notReached('callbacks still came while they were looked for: run it again');
      break;
    }
  }
  // A worker that had read a delivery before it was removed may have parked it since.
  if (!dryRun) await missing.ask('history', () => inHistory(options, { keys, report }, { onlyRest: true }));
  return report.result([...notAsked(missing), ...spooled.notReached]);
}

const PUT_KEY_BACK = 'If their key is missing, put it back into privacy.encrypt.keys and run it again';

type Round = { readonly keys: Set<string>; readonly report: ReturnType<typeof createReport> };

async function onShard({ person, dryRun, patience, places }: ForgetOptions, shard: ShardPlace, { keys, report }: Round) {
  const found = await forgetInQueues({ ...shard, person, dryRun });
  for (const key of found.keys) keys.add(key);
  for (const one of found.places) reportPlace(report, one, shardName(places, shard.number));
  const events = await forgetInStream({ ...shard, ...person, keys, dryRun, patience });
  report.removed('on its way to the history', undefined, events.removed);
  report.changed(events.changed);
  const { underWay, unreadable } = events;
  if (underWay > 0) report.notReached(`${underWay} on the way to the history: a writer has them. Run it again`);
  if (unreadable > 0)
    report.notReached(
      `${unreadable} on the way to the history: they cannot be read. They go once they are written or set aside. ${PUT_KEY_BACK}`,
    );
}

function reportPlace(report: Round['report'], found: ForgottenIn, shard: string): void {
  const { place, output, removed, underWay, unreadable } = found;
  report.removed(place, output, removed);
  const where = output === undefined ? place : `${place} of ${output}`;
  if (underWay > 0)
    report.notReached(`${underWay} in ${where}: a worker has them under way. Run it again when it is done with them`);
  if (unreadable > 0)
    report.notReached(
      `${unreadable} in ${where} on ${shard}: they cannot be read, and may be the person's. ${PUT_KEY_BACK}, or list them with dead-letters or quarantine, and purge them`,
    );
}

async function inHistory(
  { places: { history }, person, dryRun }: ForgetOptions,
  { keys, report }: Round,
  { onlyRest = false } = {},
): Promise<void> {
  if (history === undefined) return;
  const found = await forgetInHistory({ store: history, person, keys, dryRun, onlyRest });
  for (const key of found.keys) keys.add(key);
  if (found.unreadable > 0 && !onlyRest)
    report.notReached(`${found.unreadable} in the history: they cannot be decrypted, and may be the person's. ${PUT_KEY_BACK}`);
  report.removed('history', undefined, found.callbacks);
  report.removed('at rest in the history', undefined, found.resting);
  if (found.erased) report.erased(found.erased);
}

const notAsked = (missing: Missing) =>
  missing.all().map((reason) => `${reason}: it was not looked at. Run it again when it answers`);

/** Sums over the rounds. What was not reached is as the last one found it. */
function createReport() {
  const counts = new Map<string, { place: string; output?: string | undefined; count: number }>();
  let [changed, left, history] = [0, new Set<string>(), undefined as ForgottenInHistory['erased']];
  return {
    removed(place: string, output: string | undefined, count: number): void {
      if (count === 0) return;
      const name = `${place} ${output ?? ''}`;
      counts.set(name, { place, output, count: (counts.get(name)?.count ?? 0) + count });
    },
    changed: (count: number) => void (changed += count),
    notReached: (why: string) => void left.add(why),
    again: () => void (left = new Set()),
    erased: (how: NonNullable<ForgottenInHistory['erased']>) => void (history = history?.erased === false ? history : how),
    count: () => [...counts.values()].reduce((sum, { count }) => sum + count, changed),
    result: (more: readonly string[]): Forgot => ({ removed: [...counts.values()], notReached: [...left, ...more], history }),
  };
}
