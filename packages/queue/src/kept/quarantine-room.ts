import { hash } from 'node:crypto';
import { bodyDigest, callbackKey, partOfShard, type QuarantinedCallback } from '@ringback/contracts';

/** Several processes may overshoot by what each has under way. */
export type QuarantineBounds = { readonly maxCount: number; readonly maxSize: number };

/** What one shard may keep, of bounds for the whole installation: as of each look at them. */
export function quarantineOfShard(whole: () => QuarantineBounds, shards: number): QuarantineBounds {
  return {
    get maxCount() {
      return partOfShard(whole().maxCount, shards);
    },
    get maxSize() {
      return partOfShard(whole().maxSize, shards);
    },
  };
}

/** Bytes beside the body: headers and job. */
const OVERHEAD = 2048;
const GROUP_CHARACTERS = 8;

/** Stored with the entry: the sums need no counter that could drift. */
export type KeptFacts = {
  readonly identity: string;
  readonly size: number;
  readonly group: string;
  /** Kept without room: it takes none from others. */
  readonly beyond?: boolean | undefined;
};

function factsOf(entry: QuarantinedCallback, batch: string | undefined) {
  const bytes = Buffer.from(entry.body, entry.encoding);
  const group = hash('sha256', JSON.stringify([entry.source, entry.account, entry.code ?? '']), 'base64url');
  // Over the very bytes: the same callback, sent again, is kept once; and no text is another body's base64.
  const digest = bodyDigest(bytes);
  return {
    identity: `${callbackKey(entry)}.${batch === undefined ? digest : bodyDigest(`${batch} ${digest}`)}`,
    size: Buffer.byteLength(entry.body),
    group: group.slice(0, GROUP_CHARACTERS),
  };
}

type Use = { count: number; size: number };

export type PlaceOptions = {
  readonly batch?: string | undefined;
  /** Kept without room. */
  readonly always?: boolean | undefined;
};

export type QuarantineRoom = {
  /** Without a group it counts for the whole alone. */
  count(facts: KeptFacts): void;
  /** Undefined: no room. */
  place(entry: QuarantinedCallback, options?: PlaceOptions): { readonly facts: KeptFacts; readonly isNew: boolean } | undefined;
};

/**
 * One account's entries of one code take at most as much as they leave free: a flood ends at half of the
 * room. The bounds may change.
 */
export function createQuarantineRoom(bounds: QuarantineBounds): QuarantineRoom {
  const known = new Set<string>();
  const all: Use = { count: 0, size: 0 };
  const groups = new Map<string, Use>();

  function useOf(group: string): Use {
    const use = groups.get(group) ?? { count: 0, size: 0 };
    groups.set(group, use);
    return use;
  }

  function add({ identity, size, group, beyond }: KeptFacts): void {
    if (known.has(identity)) return;
    known.add(identity);
    if (beyond) return;
    for (const use of group === '' ? [all] : [all, useOf(group)]) {
      use.count += 1;
      use.size += size + OVERHEAD;
    }
  }

  return {
    count: add,
    place(entry, { batch, always = false } = {}) {
      const facts = factsOf(entry, batch);
      if (known.has(facts.identity)) return { facts, isNew: false };
      const group = useOf(facts.group);
      const fits =
        all.count + group.count + 1 <= bounds.maxCount && all.size + group.size + facts.size + OVERHEAD <= bounds.maxSize;
      if (!fits && !always) return undefined;
      const placed = fits ? facts : { ...facts, beyond: true };
      add(placed);
      return { facts: placed, isNew: true };
    },
  };
}
