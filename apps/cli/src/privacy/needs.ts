import type { BodiesAt, EncryptionStatus } from '@ringback/operations';
import { bodiesInWords } from './text.ts';

type Need = BodiesAt & {
  /** In words. */
  readonly until: string;
};

/** An older key of the settings, and what still needs it. */
export type OlderKey = {
  readonly id: string;
  readonly place: number;
  readonly removable: boolean;
  readonly needs: readonly Need[];
};

const AGAIN = 'until the same command reaches them: run it again';

/** When each place no longer needs the key that its bodies name, unless the same command encrypts them anew. */
const UNTIL: Readonly<Record<string, string>> = {
  callbacks: 'until a worker has dispatched them',
  deliveries: 'until they are delivered or given up',
  retries: 'until they are delivered or given up (outputs[].retry.giveUpAfter)',
  'on the way to the history': 'until a worker has written them: then run it again',
  spool: 'until Redis has them: start the ingress',
};

type Known = Pick<EncryptionStatus, 'keys' | 'notReached' | 'unreadable'> & {
  /** ms. Undefined: there is no history. */
  readonly keepBodies: number | undefined;
  /** Bodies. */
  readonly underWay: number;
  /** Processes that may still encrypt with another key. */
  readonly otherKeys: readonly unknown[];
};

/** A key is removable only if everything could be asked and read, and nobody may still write what needs it. */
export function olderKeys({ keys, notReached, unreadable, keepBodies, underWay, otherKeys }: Known): OlderKey[] {
  const isSure = notReached.length === 0 && unreadable === 0 && underWay === 0 && otherKeys.length === 0;
  return keys.slice(1).map(({ id, at }, index) => ({
    id,
    place: index + 1,
    removable: at.length === 0 && isSure,
    needs: at.map((own) => ({ ...own, until: untilOf(own, keepBodies) })),
  }));
}

function untilOf({ where, newest }: BodiesAt, keepBodies: number | undefined): string {
  if (newest === undefined || keepBodies === undefined) return UNTIL[where] ?? AGAIN;
  return `${AGAIN}; at the latest ${new Date(newest + keepBodies).toISOString()} (history.keepBodies)`;
}

export function plainLine(at: BodiesAt, keepBodies: number | undefined): string {
  return `not encrypted yet: ${bodiesInWords(at.bodies)} (${placeOf(at)}), ${untilOf(at, keepBodies)}`;
}

const placeOf = ({ where, outputs }: BodiesAt) => `${where}${outputs.length === 0 ? '' : ` of ${outputs.join(', ')}`}`;

export function olderKeyLines({ id, place, removable, needs }: OlderKey): string[] {
  const name = `key ${id} (privacy.encrypt.keys[${place}])`;
  if (removable) return [`${name} can be removed from the settings`];
  if (needs.length === 0)
    return [`${name}: nothing that was found needs it, but not all could be asked or changed. Keep it, and run this again`];
  return needs.map((need) => `${name} is still needed: ${bodiesInWords(need.bodies)} (${placeOf(need)}), ${need.until}`);
}
