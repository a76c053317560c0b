import { type Spread } from '../measure/samples.ts';
import { type Checked } from '../predict/check.ts';
import { type Costs } from '../predict/costs.ts';
import { endsOf } from '../predict/ends.ts';
import { type Demand, type Limits, type Split, splitFor } from '../predict/size.ts';
import { legsOf } from '../predict/zones.ts';
import { number, show } from './show.ts';
import type { Table } from './tables.ts';

const ZONES = 3;

const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

const percents = ({ median, min, max }: Spread) => `${percent(median)} (${percent(min)} to ${percent(max)})`;

export function checkTable(checked: readonly Checked[]): Table {
  return {
    title: 'Prediction against measurement: acked and delivered a second',
    head: ['', 'cores', 'predicted', 'measured', 'error', 'idle'],
    rows: checked.map(({ layout, cores, predicted, measured, error, idle }) => [
      layout,
      show(cores),
      show(predicted),
      show(measured),
      percents(error),
      percents(idle),
    ]),
  };
}

type Sized = { readonly costs: Costs; readonly demand: Omit<Demand, 'rate'>; readonly limits: Limits };

/** One row for each rate. */
export function sizeTable(rates: readonly number[], { costs, demand, limits }: Sized): Table {
  return {
    title: `Sizes: ${tellDemand(demand)}, ${limits.shardsPerPrimary} shard${limits.shardsPerPrimary === 1 ? '' : 's'} a primary`,
    head: [
      'callbacks/s',
      'installations',
      'ingresses',
      'workers',
      'primaries',
      'decided by',
      'for core, memory, network',
      'shards',
      'callbacks a batch',
      'connections: worker, primary',
    ],
    rows: rates.map((rate) => [rate.toLocaleString('en'), ...sizeCells(splitFor(costs, { ...demand, rate }, limits))]),
  };
}

/** If there are several installations: of each. */
function sizeCells(split: Split | undefined): string[] {
  if (!split) return ['more than can be'];
  const { ingresses, workers, primaries, shards, batch, primariesFor, workersFor, served } = split.each;
  const shardsText = served === shards ? `${shards}` : `${shards}, ${served} a worker`;
  const connections = `${split.each.connectionsPerWorker}, ${split.each.connectionsPerPrimary}`;
  const workersText = workersFor.underWay > workersFor.core ? `${workers} (deliveries under way)` : `${workers}`;
  return [
    `${split.installations}`,
    `${ingresses}`,
    workersText,
    `${primaries}`,
    mostOf(primariesFor),
    tellNeeds(primariesFor),
    shardsText,
    number(batch),
    connections,
  ];
}

const tellNeeds = (needs: Readonly<Record<string, number>>) => Object.values(needs).map(number).join(', ');

function mostOf(needs: Readonly<Record<string, number>>): string {
  return Object.entries(needs).toSorted(([, one], [, other]) => other - one)[0]?.[0] ?? '';
}

/** What one process or primary is full at. */
export function endTable({ costs, demand, limits }: Sized): Table {
  const rows = endsOf(costs, demand, limits).map(({ what, rate }) => [what, Math.round(rate).toLocaleString('en')]);
  return { title: `What is full first: ${tellDemand(demand)}`, head: ['', 'callbacks/s'], rows };
}

export function zoneTable({ costs, demand, limits }: Sized): Table {
  const legs = legsOf(costs, { zones: ZONES, replicas: limits.replicas, outputs: demand.outputs });
  const total = (of: 'bytes' | 'crossing') => legs.reduce((sum, leg) => sum + leg[of], 0);
  return {
    title: `Bytes per callback over ${ZONES} zones: ${tellDemand(demand)}`,
    head: ['', 'bytes', 'of these between zones'],
    rows: [...legs, { name: 'together', bytes: total('bytes'), crossing: total('crossing') }].map(({ name, bytes, crossing }) => [
      name,
      number(bytes),
      number(crossing),
    ]),
  };
}

function tellDemand({ outputs, window, backlog, destination }: Omit<Demand, 'rate'>): string {
  return `${outputs} output${outputs === 1 ? '' : 's'}, dedupe.window ${window} s, room for ${backlog} s of callbacks, ${destination} ms at the destination`;
}
