import type { Config } from '@ringback/config';
import type { Metrics } from '@ringback/observability';
import type { RedisWatch } from '@ringback/redis';
import type { WorkShard } from '../shard/shard.ts';

type Place = { readonly watch: Pick<RedisWatch, 'known' | 'maxmemory' | 'roomTo' | 'unmet'>; readonly clock: WorkShard['clock'] };

/** What the worker knows of its servers without asking. */
export function createMemoryGauges(metrics: Metrics, { redis }: Pick<Config, 'redis'>): (shards: readonly Place[]) => void {
  const ratio = metrics.gauge({
    name: 'ringback_redis_memory_ratio',
    help: 'How much of its maxmemory Redis uses, the fullest over its shards. 0: it has no maxmemory.',
  });
  const watermark = metrics.gauge({
    name: 'ringback_redis_memory_watermark_ratio',
    help: 'redis.overload.memory: from high on callbacks are refused, until less than low is used.',
    labels: ['level'],
  });
  const unmet = metrics.gauge({
    name: 'ringback_durability_unmet_shards',
    help: 'Shards of Redis that keep callbacks less safely than redis.durability asks for.',
  });
  const skew = metrics.gauge({
    name: 'ringback_clock_skew_seconds',
    help: 'How far the clock of this machine is ahead of that of Redis. Below a second: 0.',
  });
  const { high, low } = redis.overload.memory;
  watermark.replace(Object.entries({ high, low }).map(([level, value]) => ({ labels: { level }, value })));
  return (shards) => {
    const known = shards.filter(({ watch }) => watch.known());
    const fills = known.map(({ watch }) => fillOf(watch));
    ratio.replace(fills.length === 0 ? [] : [{ value: Math.max(...fills) }]);
    const lacking = known.filter(({ watch }) => watch.unmet()?.code === 'RB_DURABILITY_UNMET');
    unmet.replace(known.length === 0 ? [] : [{ value: lacking.length }]);
    const ahead = shards.map(({ clock }) => clock.ahead()).toSorted((a, b) => Math.abs(b) - Math.abs(a));
    skew.replace(ahead.slice(0, 1).map((ms) => ({ value: ms / 1000 })));
  };
}

function fillOf({ maxmemory, roomTo }: Place['watch']): number {
  return maxmemory() === 0 ? 0 : 1 - roomTo(1) / maxmemory();
}
