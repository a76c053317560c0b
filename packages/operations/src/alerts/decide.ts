import { type Static, Type } from 'typebox';
import { Severity, Subject } from '../conditions/condition.ts';
import type { Condition } from '../conditions/conditions.ts';

/** ms since the epoch, as far as a date can go. */
const Time = Type.Number({ minimum: 0, maximum: 8.64e15 });

/** Of the table, or one that no look can find, such as Redis away. */
export type Present = Omit<Condition, 'name'> & { readonly name: string };

/** What is told of a condition. `since`: of the condition, ms since the epoch. */
const Told = Type.Object({
  name: Type.String(),
  subject: Type.Optional(Subject),
  severity: Severity,
  since: Time,
  text: Type.String(),
});
type Told = Static<typeof Told>;

/** What is remembered of a condition between two looks. Times by Redis's clock, ms since the epoch. */
export const Entry = Type.Object({
  /** When it was first seen, of those that are there or were told. */
  from: Type.Optional(Time),
  /** Present: a person was told, and not yet that it is over. */
  firing: Type.Optional(Told),
  /** Of a firing one: since when it is away. */
  away: Type.Optional(Time),
  /** When a person was told last that it is there. */
  told: Type.Optional(Time),
});
export type Entry = Static<typeof Entry>;

export type Notice = {
  readonly kind: 'firing' | 'resolved';
  readonly from: number;
  /** It was told as a warning, and is an error now. */
  readonly worse?: boolean;
  readonly about: Told;
};

/** By name and subject. */
export type Entries = ReadonlyMap<string, Entry>;

export type Look = {
  readonly conditions: readonly Present[];
  readonly before: Entries;
  /** False: something could not be asked, so what is not there may be there. */
  readonly complete: boolean;
  /** ms since the epoch, by Redis's clock. */
  readonly now: number;
  /** ms. */
  readonly hold: number;
  readonly interval: number;
};

type Decided = { readonly entry?: Entry | undefined; readonly notice?: Notice };

/** Who is to be told what, and what to remember. */
export function decide(look: Look): { readonly entries: Entries; readonly notices: readonly Notice[] } {
  const present = byKey(look.conditions);
  const keys = [...present.keys(), ...[...look.before.keys()].filter((key) => !present.has(key))];
  const decided = keys.map((key) => {
    const condition = present.get(key);
    const before = asPast(look.before.get(key) ?? {}, look.now);
    return [key, condition ? there(condition, before, look) : gone(before, look)] as const;
  });
  return {
    entries: new Map(decided.flatMap(([key, { entry }]) => (entry ? [[key, entry] as const] : []))),
    notices: decided.flatMap(([, { notice }]) => notice ?? []),
  };
}

function there(condition: Present, before: Entry, { now, hold, interval }: Look): Decided {
  const { from = now, told, firing } = before;
  const isWorse = firing?.severity === 'warning' && condition.severity === 'error';
  if (firing && !isWorse) return { entry: { from, firing, ...(told !== undefined && { told }) } };
  // Only what was remembered is told: then a run that is cut off and repeated tells the same.
  const lasts = before.from !== undefined && now - from >= hold;
  const isDue = lasts && (told === undefined || now - told >= interval);
  if (!isWorse && !isDue) return { entry: { ...before, from } };
  const { name, subject, severity, since = from, text } = condition;
  const about: Told = { name, ...(subject !== undefined && { subject }), severity, since, text };
  return { entry: { from, firing: about, told: now }, notice: { kind: 'firing', from, ...(isWorse && { worse: true }), about } };
}

function gone(before: Entry, { now, hold, interval, complete }: Look): Decided {
  const { from, firing, told, away = now } = before;
  if (!complete) return { entry: before };
  const rest = told !== undefined && now - told < interval ? { told } : undefined;
  if (!firing || from === undefined) return { entry: rest };
  if (now - away < hold) return { entry: { ...before, away } };
  return { entry: rest, notice: { kind: 'resolved', from, about: firing } };
}

/** Redis's clock may have gone back, as at a failover: no time is in the future. */
function asPast(entry: Entry, now: number): Entry {
  const past = (time: number | undefined) => (time === undefined ? undefined : Math.min(time, now));
  const { from, away, told } = { from: past(entry.from), away: past(entry.away), told: past(entry.told) };
  return {
    ...(from !== undefined && { from }),
    ...(entry.firing && { firing: { ...entry.firing, since: Math.min(entry.firing.since, now) } }),
    ...(away !== undefined && { away }),
    ...(told !== undefined && { told }),
  };
}

/** Several reasons for the same are one condition. */
function byKey(conditions: readonly Present[]): ReadonlyMap<string, Present> {
  const groups = Map.groupBy(conditions, ({ name, subject }) => JSON.stringify([name, subject?.kind, subject?.name]));
  return new Map(
    [...groups].flatMap(([key, own]) => {
      const [first] = own;
      return first ? [[key, { ...first, text: own.map(({ text }) => text).join('; ') }] as const] : [];
    }),
  );
}
