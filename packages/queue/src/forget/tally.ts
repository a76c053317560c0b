import { type Callback, callbackKey } from '@ringback/contracts';
import type { ForgottenIn } from './person.ts';

type Place = Pick<ForgottenIn, 'place' | 'output'>;
type Counted = 'removed' | 'underWay' | 'unreadable';

export type Tally = {
  note(place: Place, what: Counted, callbacks: readonly Callback[] | number): void;
  readonly found: () => { readonly places: readonly ForgottenIn[]; readonly keys: ReadonlySet<string> };
};

/** Counts by place, and remembers the keys of the callbacks: events name a callback by its key alone. */
export function createTally(): Tally {
  const places = new Map<string, { -readonly [Name in keyof ForgottenIn]: ForgottenIn[Name] }>();
  const keys = new Set<string>();
  return {
    note({ place, output }, what, callbacks) {
      const name = `${place} ${output ?? ''}`;
      const own = places.get(name) ?? { place, output, removed: 0, underWay: 0, unreadable: 0 };
      places.set(name, own);
      own[what] += typeof callbacks === 'number' ? callbacks : callbacks.length;
      if (typeof callbacks !== 'number') for (const callback of callbacks) keys.add(callbackKey(callback));
    },
    found: () => ({ places: [...places.values()], keys }),
  };
}
