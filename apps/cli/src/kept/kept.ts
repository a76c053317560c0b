import type { Kept, KeptFilter, KeptStore } from '@ringback/queue';
import { factsOf, tableOf } from './view.ts';
import { sendAll } from '../send/send-all.ts';
import type { Terminal } from '../terminal/terminal.ts';

const NAMED_FAILURES = 5;

type Context = { readonly store: KeptStore; readonly filter: KeptFilter; readonly terminal: Terminal };

export async function listKept(options: Context & { limit: number; json: boolean }): Promise<void> {
  const { store, filter, terminal, limit, json } = options;
  const rows: Kept[] = [];
  let count = 0;
  for await (const kept of store.find(filter)) {
    count += 1;
    if (count > limit) break;
    if (json) terminal.out(JSON.stringify(factsOf(kept)));
    else rows.push(kept);
  }
  if (json) return;
  for (const line of rows.length > 0 ? tableOf(rows) : ['nothing is kept that fits']) terminal.out(line);
  if (count > limit) terminal.out(`… and more: these are the first ${limit} (--limit)`);
}

/** `opened`: a payload with bodies that are no longer encrypted. */
type ShowOptions = Context & { readonly opened: (payload: unknown) => unknown };

/** Shows personal data. True if there was such an entry. */
export async function showKept({ store, filter, opened, terminal }: ShowOptions): Promise<boolean> {
  let found = false;
  for await (const kept of store.find(filter)) {
    found = true;
    terminal.out(JSON.stringify({ ...factsOf(kept), payload: opened(kept.payload) }, null, 2));
  }
  if (!found) terminal.err('nothing is kept under this id');
  return found;
}

export type ActOptions = Context & {
  readonly action: 'replay' | 'purge';
  /** Without it, at most one entry is replayed and none purged. */
  readonly yes: boolean;
  readonly rate?: number | undefined;
  readonly json: boolean;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** What was replayed or purged, and how many could not be. */
  readonly onDone?: ((done: readonly Kept[], failed: number) => Promise<void>) | undefined;
};

/** Oldest first for replays, newest first for purges. True if all succeeded. */
export async function actOnKept(options: ActOptions): Promise<boolean> {
  const { store, filter, terminal, action, yes, rate, json, now, sleep, onDone } = options;
  const newestFirst = await snapshot(store, filter);
  // Removing from the newest end is fast; from the other end Redis scans the list.
  const chosen = action === 'purge' ? newestFirst : newestFirst.toReversed();
  if (chosen.length === 0) {
    terminal.err('nothing is kept that fits');
    return false;
  }
  if (!yes && (action === 'purge' || filter.id === undefined || chosen.length > 1)) {
    terminal.err(`${chosen.length} would be ${past(action)}: say --yes to do it, or list to see them`);
    return false;
  }
  const failures = createFailures(`not ${past(action)}`, terminal);
  async function act(index: number): Promise<boolean> {
    const kept = chosen[index];
    const why = kept && (await store[action](kept));
    if (why !== undefined) failures.tell(kept?.id ?? '', why);
    return why === undefined;
  }

  const results = await sendAll({ count: chosen.length, concurrency: 1, rate, send: act, onResult: () => {}, now, sleep });
  failures.tellRest();
  const failed = results.filter((success) => !success).length;
  await onDone?.(
    chosen.filter((_, index) => results[index]),
    failed,
  );
  const done = chosen.length - failed;
  terminal.out(json ? JSON.stringify({ [past(action)]: done, failed }) : `${past(action)} ${done} of ${chosen.length}`);
  return failed === 0;
}

/** The first failures of each reason: there may be a hundred thousand. */
function createFailures(what: string, terminal: Terminal) {
  const counts = new Map<string, number>();
  return {
    tell(id: string, why: string): void {
      const count = (counts.get(why) ?? 0) + 1;
      counts.set(why, count);
      if (count <= NAMED_FAILURES) terminal.err(`${what}: ${id}: ${why}`);
    },
    tellRest(): void {
      for (const [why, count] of counts) {
        if (count > NAMED_FAILURES) terminal.err(`${what}: ${count - NAMED_FAILURES} more: ${why}`);
      }
    },
  };
}

/** Taken once: what fails again is not replayed twice. */
async function snapshot(store: KeptStore, filter: KeptFilter): Promise<Kept[]> {
  const chosen = new Map<string, Kept>();
  for await (const kept of store.find(filter)) {
    const callbacks = kept.callbacks.map(({ id, source, account, receivedAt }) => ({
      id,
      source,
      account,
      ...(receivedAt !== undefined && { receivedAt }),
    }));
    chosen.set(`${kept.shard} ${kept.queue} ${kept.id}`, { ...kept, payload: undefined, callbacks });
  }
  return [...chosen.values()];
}

function past(action: ActOptions['action']): string {
  return action === 'replay' ? 'replayed' : 'purged';
}
