import { Callback, type Callback as CallbackType, cannotDecrypt } from '@ringback/contracts';
import type { CallbackRef, Forgotten, HistoryStore, Resting } from '@ringback/history';
import { Compile } from 'typebox/compile';
import { jsonOf } from '../json-of.ts';
import type { Person } from './person.ts';

const PAGE = 500;

export type ForgottenInHistory = Pick<Forgotten, 'callbacks' | 'resting'> & {
  readonly keys: ReadonlySet<string>;
  /** Of what was removed. Undefined: nothing was. */
  readonly erased?: Pick<Forgotten, 'erased' | 'how'> | undefined;
  /** Callbacks whose body cannot be decrypted: nobody can tell whose they are. */
  readonly unreadable: number;
};

type Options = {
  readonly store: HistoryStore;
  readonly person: Person;
  /** Of the person's callbacks that were found elsewhere. */
  readonly keys: ReadonlySet<string>;
  readonly dryRun: boolean;
  /** Looks only at what rests. */
  readonly onlyRest?: boolean;
};

/** Removes a person's callbacks, with deliveries and attempts, and what rests of them. */
export async function forgetInHistory(options: Options): Promise<ForgottenInHistory> {
  const { store, dryRun } = options;
  const unreadable = new Set<string>();
  const told = whetherTheirs(unreadable);
  const refs = options.onlyRest === true ? [] : await refsOf(options, told);
  const keys = new Set([...options.keys, ...refs.map(({ key }) => key)]);
  const rest = await restOf({ ...options, keys }, told);
  const nothing = { callbacks: 0, resting: 0 };
  const found = { keys, unreadable: unreadable.size };
  if (dryRun) return { callbacks: refs.length, resting: rest.length, ...found };
  if (refs.length + rest.length === 0) return { ...nothing, ...found };
  let sum: Omit<ForgottenInHistory, keyof typeof found> = nothing;
  const portion = Math.min(store.forgetsAtOnce, Math.max(refs.length, rest.length));
  for (let at = 0; at < Math.max(refs.length, rest.length); at += portion) {
    const done = await store.forget({ refs: refs.slice(at, at + portion), rest: rest.slice(at, at + portion) });
    const { erased, how } = done;
    sum = { callbacks: sum.callbacks + done.callbacks, resting: sum.resting + done.resting, erased: { erased, how } };
  }
  return { ...sum, ...found };
}

type Told = (id: string, isTheirs: () => boolean) => boolean;

/** Notes the id if that cannot be told. */
function whetherTheirs(unreadable: Set<string>): Told {
  return (id, is) => {
    try {
      return is();
    } catch (error) {
      if (!cannotDecrypt(error)) throw error;
      unreadable.add(id);
      return false;
    }
  };
}

async function refsOf(options: Options, told: Told): Promise<CallbackRef[]> {
  const refs = new Map<string, CallbackRef>();
  const note = ({ key, receivedAt }: CallbackRef) => void refs.set(`${receivedAt} ${key}`, { key, receivedAt });
  for await (const ref of options.person.needsBodies ? refsByReading(options, told) : refsById(options)) note(ref);
  return [...refs.values()];
}

/** Bodies, answers and reasons: all of them are read. */
async function* refsByReading({ store, person, keys }: Options, told: Told): AsyncGenerator<CallbackRef> {
  for await (const { callbacks, deliveries, attempts } of store.all()) {
    for (const row of callbacks)
      if (keys.has(row.key) || told(`${row.receivedAt} ${row.key}`, () => person.isInRow(row))) yield row;
    for (const attempt of attempts) if (attempt.answer !== undefined && person.isNamed(attempt.answer)) yield attempt;
    for (const one of [...deliveries, ...attempts]) if (person.hasPhone(one.reason)) yield one;
  }
}

async function* refsById({ store, person: { named, isInRow }, keys }: Options): AsyncGenerator<CallbackRef> {
  const filters = [...[...named.requestIDs, ...keys].map((id) => ({ id })), ...named.tasks.map((task) => ({ task }))];
  for (const filter of filters) {
    for (let after: CallbackRef | undefined; ;) {
      const found = await store.find(filter, { limit: PAGE, after });
      for (const row of found) if (keys.has(row.key) || isInRow(row)) yield row;
      after = found.at(-1);
      if (found.length < PAGE) break;
    }
  }
}

async function restOf({ store, person, keys }: Options, told: Told): Promise<string[]> {
  const ids: string[] = [];
  for (let after: Resting | undefined; ;) {
    const found = await store.rest.find({}, { limit: PAGE, after });
    for (const entry of found) if (told(entry.id, () => isTheirs(entry, person, keys))) ids.push(entry.id);
    after = found.at(-1);
    if (found.length < PAGE) return ids;
  }
}

function isTheirs(entry: Resting, person: Person, keys: ReadonlySet<string>): boolean {
  if (keys.has(entry.key) || person.named.requestIDs.includes(entry.requestID)) return true;
  if (person.isNamed(entry.payload)) return true;
  if ([entry.requestID, entry.type, entry.reason].some(person.hasPhone)) return true;
  const { needsBodies, named } = person;
  const isByTask = named.tasks.length > 0;
  const kept = jsonOf(entry.payload);
  // A requestID is found without the key.
  const payload = needsBodies || isByTask ? person.openedPayload(kept) : kept;
  if ([...encodedBodies(payload), ...(needsBodies ? [JSON.stringify([payload])] : [])].some(person.isNamed)) return true;
  return isByTask && callbacksIn(payload).some((own) => person.isIn(own));
}

const callback = Compile(Callback);

/** Wherever they stand in it: each kind of entry has a payload of its own. */
function callbacksIn(value: unknown): CallbackType[] {
  if (typeof value !== 'object' || value === null) return [];
  if (callback.Check(value)) return [value];
  return Object.values(value).flatMap(callbacksIn);
}

/** Of what was quarantined, as bytes that are no text. */
function encodedBodies(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own =
    'encoding' in value && value.encoding === 'base64' && 'body' in value && typeof value.body === 'string'
      ? [Buffer.from(value.body, 'base64').toString()]
      : [];
  return [...own, ...Object.values(value).flatMap(encodedBodies)];
}
