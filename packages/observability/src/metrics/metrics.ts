import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type CountersOf, openCounter } from './counter.ts';
import type { Labels, Named } from './named.ts';

/** One process's metrics. Nothing of it is shared with another registry. */
export type Metrics = {
  counter(named: Named): CountersOf;
  /** `buckets`: upper bounds, in the unit of the name. */
  histogram(named: Named & { readonly buckets: readonly number[] }): HistogramsOf;
  gauge(named: Named): GaugesOf;
  /** Before each scrape. MUST have a deadline of its own; a rejection is a bug and leaves out nothing else. */
  before(work: () => Promise<void> | void): void;
  readonly contentType: string;
  /** In Prometheus's text format. */
  text(): Promise<string>;
};

type Observed = { readonly observe: (value: number) => void };
/** Look one up once, and keep it. */
type HistogramsOf = { readonly of: (labels?: Labels) => Observed };
/** `replace` leaves nothing of before: what is not known now is not shown. */
type GaugesOf = { readonly replace: (values: readonly GaugeValue[]) => void };
export type GaugeValue = { readonly labels?: Labels; readonly value: number };

/** Gauges that prom-client names like counters: `promtool check metrics` refuses them. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

/** With Node's own, and `ringback_build_info`. */
export function createMetrics({ app, version }: { readonly app: string; readonly version: string }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const labels = { app, version, node: process.version };
  const build = { name: 'ringback_build_info', help: 'The version that runs. Always 1.', labelNames: Object.keys(labels) };
  new Gauge({ ...build, registers }).set(labels, 1);

  const works: (() => Promise<void> | void)[] = [];
  let scraping: Promise<string> | undefined;

  async function scrape(): Promise<string> {
    await Promise.allSettled(works.map(async (work) => work()));
    return registry.metrics();
  }

  return {
    counter: (named) => openCounter(named, registry),
    histogram: (named) => openHistogram(named, registry),
    gauge: (named) => openGauge(named, registry),
    before: (work) => void works.push(work),
    contentType: registry.contentType,
    // Scrapes at once share one answer: works replace values, and MUST NOT do so beside each other.
    text: () => (scraping ??= scrape().finally(() => (scraping = undefined))),
  };
}

function openHistogram(
  { name, help, labels = [], buckets }: Named & { readonly buckets: readonly number[] },
  registry: Registry,
): HistogramsOf {
  const settings = { name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] };
  const histogram = new Histogram(settings);
  const known = new Map<string, Observed>();
  return {
    of(own = {}) {
      if (labels.length === 0) return histogram;
      const key = JSON.stringify(labels.map((label) => own[label]));
      // Shown before the first value: a rate needs the zero.
      if (!known.has(key)) histogram.zero(own);
      const observed = known.get(key) ?? histogram.labels(own);
      known.set(key, observed);
      return observed;
    },
  };
}

function openGauge({ name, help, labels = [] }: Named, registry: Registry): GaugesOf {
  const gauge = new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
  return {
    replace(values) {
      // An unlabelled gauge would show 0 after a reset.
      if (labels.length > 0) gauge.reset();
      else gauge.remove();
      for (const { labels: own = {}, value } of values) if (Number.isFinite(value)) gauge.set(own, value);
    },
  };
}
