type NotReady = { readonly shards: readonly number[]; readonly reasons: readonly string[] };

export type ShardsReadiness = {
  /** Empty while at least one shard is ready. Otherwise the reasons of all, each once. */
  notReadyReasons(): Promise<readonly string[]>;
  /** Which shards were not ready at the last look, and why. Looks again if that is long ago. */
  facts(): { readonly shardsNotReady?: readonly NotReady[] };
};

export type ShardsReadinessOptions = {
  /** Those that this process serves. Each answers within 1 s. */
  readonly shards: readonly { readonly shard: number; readonly notReadyReasons: () => Promise<readonly string[]> }[];
  /** ms. */
  readonly now: () => number;
};

const FRESH_FOR_MS = 1000;

/** A process is ready while at least one of its shards is: a primary that is away MUST NOT take the others along. */
export function createShardsReadiness({ shards, now }: ShardsReadinessOptions): ShardsReadiness {
  let found: readonly NotReady[] = [];
  let lookedAt = -Infinity;

  async function look(): Promise<readonly (readonly string[])[]> {
    lookedAt = now();
    const all = await Promise.all(shards.map(({ notReadyReasons }) => notReadyReasons()));
    found = grouped(shards.map(({ shard }, index) => ({ shard, reasons: all[index] ?? [] })));
    return all;
  }

  return {
    async notReadyReasons() {
      const all = await look();
      return all.some((reasons) => reasons.length === 0) ? [] : [...new Set(all.flat())];
    },
    facts() {
      // The reasons say it already.
      if (shards.length === 1) return {};
      if (now() - lookedAt >= FRESH_FOR_MS) void look();
      return found.length === 0 ? {} : { shardsNotReady: found };
    },
  };
}

/** Shards on one primary mostly have the same reasons. */
function grouped(all: readonly { shard: number; reasons: readonly string[] }[]): readonly NotReady[] {
  const groups = new Map<string, { shards: number[]; reasons: readonly string[] }>();
  for (const { shard, reasons } of all) {
    if (reasons.length === 0) continue;
    const key = JSON.stringify(reasons);
    const group = groups.get(key) ?? { shards: [], reasons };
    group.shards.push(shard);
    groups.set(key, group);
  }
  return [...groups.values()];
}
