import { Counter, type Registry } from 'prom-client';
import type { Labels, Named } from './named.ts';

/** Add to `value`: prom-client's own `inc` takes a third of a microsecond, for its labels. */
export type Count = { value: number };
/** Look one up once, and keep it. The same labels are the same count. */
export type CountersOf = {
  readonly of: (labels?: Labels) => Count;
  /** Of all counts that have these labels, whatever the others are. */
  readonly sum: (labels: Labels) => number;
};

export function openCounter({ name, help, labels = [] }: Named, registry: Registry): CountersOf {
  const counts = new Map<string, Count & { readonly labels: Labels }>();
  const counter = new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      counter.reset();
      for (const { labels: own, value } of counts.values()) counter.inc(own, value);
    },
  });
  return {
    of(own = {}) {
      const key = JSON.stringify(labels.map((label) => own[label]));
      const known = counts.get(key) ?? { value: 0, labels: own };
      counts.set(key, known);
      return known;
    },
    sum(wanted) {
      const fits = ({ labels: own }: { readonly labels: Labels }) =>
        Object.entries(wanted).every(([label, value]) => own[label] === value);
      return [...counts.values()].filter(fits).reduce((total, { value }) => total + value, 0);
    },
  };
}
