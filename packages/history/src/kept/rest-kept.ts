import type { Callback, QuarantinedCallback } from '@ringback/contracts';
import type { Kept, KeptFilter, KeptStore } from '@ringback/queue';
import type { Resting, RestKind, RestStore } from '../store/rest.ts';
import { readDeadLetter, readQuarantined } from './payload.ts';

const PAGE = 100;
const GONE = 'no longer there';

/** MUST resolve only once Redis has it. Resolves to the reason if it could not. */
type Replays = {
  readonly delivery: (delivery: { batch: string; output: string; callback: Callback }) => Promise<string | undefined>;
  readonly callback: (entry: QuarantinedCallback) => Promise<string | undefined>;
};

type RestKeptOptions = { readonly rest: RestStore; readonly kinds: readonly RestKind[]; readonly replays: Replays };

/** What rests, as the commands show what is kept in Redis. */
export function createRestKept({ rest, kinds, replays }: RestKeptOptions): KeptStore {
  async function* find({ id, output, source, reason, since, until }: KeptFilter): AsyncGenerator<Kept> {
    const filter = { kinds, id, output, source, reason, since, until };
    let after: Resting | undefined;
    for (;;) {
      const page = await rest.find(filter, { limit: PAGE, after });
      for (const entry of page) yield asKept(entry);
      after = page.at(-1);
      if (page.length < PAGE) return;
    }
  }
  const entryOf = async ({ id }: Kept) => (await rest.find({ kinds, id }, { limit: 1 }))[0];

  return {
    find,
    /** MUST queue before it removes, by the round that was read. */
    async replay(kept) {
      const entry = await entryOf(kept);
      if (entry === undefined) return GONE;
      const why = await replay(entry, replays);
      if (why === undefined) await rest.remove([entry]);
      return why;
    },
    async purge(kept) {
      const entry = await entryOf(kept);
      return entry !== undefined && (await rest.remove([entry])) > 0 ? undefined : GONE;
    },
    close: async () => {},
  };
}

async function replay(entry: Resting, replays: Replays): Promise<string | undefined> {
  if (entry.kind === 'dead-letter') {
    const dead = readDeadLetter(entry);
    return dead && entry.output !== undefined ? replays.delivery({ ...dead, output: entry.output }) : 'no payload of ours';
  }
  const callback = readQuarantined(entry);
  return callback ? replays.callback(callback) : 'no payload of ours';
}

function asKept(entry: Resting): Kept {
  const { id, kind, output, requestID, source, account, type, receivedAt, reason = '', code, fault, attempts = 0, at } = entry;
  return {
    rests: true,
    queue: 'history',
    id,
    kind: kind === 'dead-letter' ? 'delivery' : 'callback',
    output,
    callbacks: [{ id: requestID, source, account, receivedAt, ...(type !== undefined && { type }) }],
    reason,
    code,
    fault: fault ?? 'ours',
    attempts,
    time: at,
    payload: readDeadLetter(entry) ?? readQuarantined(entry) ?? { unreadable: true },
  };
}
