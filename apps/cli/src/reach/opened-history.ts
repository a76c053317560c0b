import type { Config } from '@ringback/config';
import { cannotDecrypt } from '@ringback/contracts';
import type { CallbackRow, FoundCallback, HistoryRows, HistoryStore, HistoryFilter, Page } from '@ringback/history';
import { type BodyCodec, changeBodies, createBodyCodec } from '@ringback/privacy';

export function bodyCodec({ privacy }: Pick<Config, 'privacy'>): BodyCodec {
  return createBodyCodec(() => privacy?.encrypt);
}

/** For what is kept or rests: any payload, with the bodies in it decrypted. */
export function payloadOpener(settings: Pick<Config, 'privacy'>): (payload: unknown) => unknown {
  const { open } = bodyCodec(settings);
  return (payload) => changeBodies(payload, open);
}

/** Rows that are looked at together for a text. */
const PORTION = 200;

/**
 * The store as if no body were encrypted. `all` returns what it cannot decrypt unchanged. What is written is
 * encrypted as the settings say.
 */
export function openedHistory(store: HistoryStore, settings: Pick<Config, 'privacy'>): HistoryStore {
  // Without keys nothing that matches can be encrypted: the store itself looks for a text.
  const looks = settings.privacy?.encrypt === undefined;
  const codec = bodyCodec(settings);
  const open = <T extends CallbackRow>(row: T): T => withBody(row, codec.open);
  const matching = (filter: HistoryFilter, page: Page) => eachWithText(store, { filter, after: page.after, open });

  return {
    ...store,
    async find(filter, page) {
      if (looks || filter.text === undefined) return (await store.find(filter, page)).map(open);
      const found: FoundCallback[] = [];
      for await (const row of matching(filter, page)) {
        found.push(page.bodies === true ? row : { ...row, body: undefined });
        if (found.length >= page.limit) break;
      }
      return found;
    },
    async count(filter) {
      if (looks || filter.text === undefined) return store.count(filter);
      let count = 0;
      for await (const _ of matching(filter, { limit: PORTION })) count += 1;
      return count;
    },
    stories: async (refs) => (await store.stories(refs)).map(open),
    write: (rows) => store.write({ ...rows, callbacks: rows.callbacks.map((row) => withBody(row, codec.seal)) }),
    all: () => openedPortions(store, openedIfPossible(open)),
  };
}

function withBody<T extends CallbackRow>(row: T, change: BodyCodec['open']): T {
  const { body } = row;
  return body === undefined ? row : { ...row, body: change({ ...row, body }).body };
}

/** One body whose key is lost MUST NOT keep all others from being exported, copied or forgotten. */
function openedIfPossible(open: (row: CallbackRow) => CallbackRow): (row: CallbackRow) => CallbackRow {
  return (row) => {
    try {
      return open(row);
    } catch (error) {
      if (cannotDecrypt(error)) return row;
      throw error;
    }
  };
}

async function* openedPortions(store: HistoryStore, open: (row: CallbackRow) => CallbackRow): AsyncGenerator<HistoryRows> {
  for await (const rows of store.all()) yield { ...rows, callbacks: rows.callbacks.map(open) };
}

type Wanted = {
  readonly filter: HistoryFilter;
  readonly after: Page['after'];
  readonly open: (row: FoundCallback) => FoundCallback;
};

/** The store cannot look into encrypted bodies: they are read row by row. */
async function* eachWithText(store: HistoryStore, { filter, after: first, open }: Wanted): AsyncGenerator<FoundCallback> {
  const { text = '', ...rest } = filter;
  for (let after = first; ;) {
    const page = await store.find(rest, { limit: PORTION, bodies: true, ...(after && { after }) });
    for (const row of page.map(open)) if (row.body?.includes(text) === true) yield row;
    const last = page.at(-1);
    if (last === undefined || page.length < PORTION) return;
    after = { key: last.key, receivedAt: last.receivedAt };
  }
}
