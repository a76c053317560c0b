import { expect, it } from 'vitest';
import { readOptions } from '../bench/options.ts';
import { checkPrediction } from '../bench/predict/check.ts';
import { costAt, costsIn, readMeasured } from '../bench/predict/costs.ts';
import { endsOf } from '../bench/predict/ends.ts';
import { sizeFor, splitFor, USUAL_LIMITS } from '../bench/predict/size.ts';
import { legsOf } from '../bench/predict/zones.ts';

const ONE = {
  batch: 64,
  ingressMicros: 100,
  loadMicros: 20,
  sinkMicros: 10,
  workerMicros: 90,
  ackRedisMicros: 8,
  deliverRedisMicros: 22,
  ackInBytes: 700,
  ackOutBytes: 20,
  deliverInBytes: 280,
  deliverOutBytes: 500,
  ackWrittenBytes: 650,
  deliverWrittenBytes: 350,
  waitingBytes: 640,
  keptBytes: 225,
  requestBytes: 800,
  deliveredBytes: 900,
  standingIngressMicros: 1000,
  standingWorkerMicros: 2000,
  standingRedisMicros: 3000,
};
const THREE = { ...ONE, workerMicros: 270, deliverRedisMicros: 62, keptBytes: 325 };

type Figures = Readonly<Record<string, number>>;
const inRounds = (figures: Figures) => Object.entries(figures).map(([what, value]) => [what, [value]] as const);
const report = (alone: Figures, four: Figures) =>
  JSON.stringify({
    samples: {
      '1 shard on 1 server': Object.fromEntries([
        ...inRounds(ONE),
        ...inRounds(THREE).map(([what, values]) => [`${what}, 3 outputs`, values] as const),
        ['carriedPerSecond', [5000]],
        ['cores', [2]],
        ['others', [0.25]],
        ['idle', [0.1]],
      ]),
      '4 shards on 1 server': Object.fromEntries([
        ...inRounds(four),
        ['carriedPerSecond', [8000]],
        ['cores', [2]],
        ['others', [0]],
        ['idle', [null]],
      ]),
      'one callback at a time': Object.fromEntries(inRounds(alone)),
    },
  });

const SAME = report(ONE, ONE);
/** Alone it takes Redis ten times, and a process twice. Each shard more takes 600, 1200 and 1500 µs a second. */
const DEARER = report(
  { ...ONE, ingressMicros: 200, workerMicros: 180, ackRedisMicros: 80, deliverRedisMicros: 220 },
  { ...ONE, standingIngressMicros: 2800, standingWorkerMicros: 5600, standingRedisMicros: 12_000 },
);
const costsOf = (text: string) => costsIn(readMeasured(text));
const DEMAND = { rate: 100_000, outputs: 1, window: 3600, backlog: 60, destination: 5 };

it('an output adds the same each time, and a batch is shared by its callbacks', () => {
  const figure = { one: 30, three: 70, alone: 300 };
  expect(costAt(figure, 1, 64, 64)).toBe(30);
  expect(costAt(figure, 2, 64, 64)).toBe(50);
  expect(costAt(figure, 10, 64, 64)).toBe(210);
  expect(costAt(figure, 1, 1, 64)).toBe(300);
  expect(costAt(figure, 3, 1, 64)).toBe(700);
  // 30 + 270 × (1/2 - 1/64) / (1 - 1/64)
  expect(costAt(figure, 1, 2, 64)).toBeCloseTo(162.857, 3);
});

it('counts processes and primaries by what is full first', () => {
  const sized = sizeFor(costsOf(SAME), DEMAND, USUAL_LIMITS);
  // 100 000 × 100 µs, 90 µs and 30 µs of cores that may be busy for 600 000 µs a second.
  expect(sized).toMatchObject({ ingresses: 17, fits: true, shards: 20, primaries: 5 });
  expect(sized.workersFor).toEqual({ core: 15, underWay: (100_000 * 0.005) / 32 });
  expect(sized.workers).toBe(16);
  expect(sized.primariesFor.core).toBeCloseTo(5, 9);
  // (3600 s × 225 B + 60 s × 640 B) of 0.7 × 64 GiB
  expect(sized.primariesFor.memory).toBeCloseTo((100_000 * (810_000 + 38_400)) / (0.7 * 64 * 2 ** 30), 9);
  // 1500 B to and from clients, 1000 B to one replica, of half of 10 Gbit/s
  expect(sized.primariesFor.network).toBeCloseTo((100_000 * 2500) / 625e6, 9);
  const day = sizeFor(costsOf(SAME), { ...DEMAND, window: 86_400 }, USUAL_LIMITS);
  expect([day.primaries, day.shards]).toEqual([41, 164]);
});

it('counts connections by the formula', () => {
  const { served, connectionsPerWorker, connectionsPerPrimary } = sizeFor(costsOf(SAME), DEMAND, USUAL_LIMITS);
  expect(served).toBe(20);
  expect(connectionsPerWorker).toBe(20 + 20 * 2 + 1);
  // On each primary 4 shards: a connection of each process, and 2 of each worker that block.
  expect(connectionsPerPrimary).toBe((17 + 16) * 4 + 16 * 4 * 2);
  const few = sizeFor(costsOf(SAME), DEMAND, { ...USUAL_LIMITS, connections: 200 });
  expect([few.served, few.connectionsPerWorker, few.connectionsPerPrimary]).toEqual([10, 41, 196]);
});

it('smaller batches and idle shards cost more, until it takes more of everything', () => {
  const costs = costsOf(DEARER);
  expect(costs.standing).toEqual({ ingress: 600, worker: 1200, redis: 1500 });
  const limits = { ...USUAL_LIMITS, writeTime: 2 };
  const sized = sizeFor(costs, DEMAND, limits);
  expect(sized.batch).toBe(1);
  // 100 000 × 200 µs, of 600 000 µs less 600 µs for each shard.
  expect(sized.ingresses).toBe(Math.ceil(20e6 / (600_000 - sized.shards * 600)));
  expect(sized.primariesFor.core).toBeCloseTo((30e6 + (sized.ingresses + sized.workers) * sized.shards * 1500) / 600_000, 9);
  expect(sized.primaries).toBe(Math.ceil(sized.primariesFor.core));
  expect(sized.fits).toBe(true);
  expect(sizeFor(costs, { ...DEMAND, rate: 10_000_000 }, limits).fits).toBe(false);
  const split = splitFor(costs, { ...DEMAND, rate: 1_000_000 }, limits);
  const part = (parts: number) => sizeFor(costs, { ...DEMAND, rate: 1_000_000 / parts }, limits);
  expect(split?.installations).toBeGreaterThan(1);
  expect(part((split?.installations ?? 0) - 1).fits).toBe(false);
  expect(split?.each).toEqual(part(split?.installations ?? 0));
  // A write that may take longer gathers more, so less is needed.
  const patient = sizeFor(costs, DEMAND, { ...limits, writeTime: 300 });
  expect(patient.batch).toBeCloseTo((100_000 / patient.ingresses / patient.shards) * 0.3, 9);
  expect(patient.batch).toBeGreaterThan(1);
  expect(patient.primaries).toBeLessThan(sized.primaries);
});

it('says what is full first', () => {
  const { rate: _, ...demand } = DEMAND;
  const ends = endsOf(costsOf(SAME), { ...demand, outputs: 3, window: 86_400 }, USUAL_LIMITS);
  expect(ends.map(({ what }) => what)).toEqual([
    'memory of one primary',
    'core of one worker',
    'core of one ingress',
    'deliveries under way of one worker',
    'core of one primary',
    'network of one primary',
  ]);
  expect(ends[1]?.rate).toBeCloseTo(600_000 / 270, 9);
  expect(ends[4]?.rate).toBeCloseTo(600_000 / 70, 9);
});

it('counts what crosses a zone', () => {
  const legs = legsOf(costsOf(SAME), { zones: 3, replicas: 2, outputs: 1 });
  expect(legs.map(({ bytes }) => bytes)).toEqual([800, 720, 780, 2000]);
  expect(legs.map(({ crossing }) => Math.round(crossing))).toEqual([533, 480, 520, 2000]);
});

it('compares its prediction with what was measured', () => {
  const [one, ...others] = checkPrediction(readMeasured(SAME));
  // 1.5 cores for 250 µs
  expect(one).toMatchObject({ cores: { median: 1.5 }, predicted: { median: 6000 }, measured: { median: 5000 } });
  expect(one?.error.median).toBeCloseTo(0.2, 9);
  // Where the system does not say what was idle, nothing is claimed.
  expect(others).toEqual([]);
});

it('names what a file lacks, and refuses a number that makes no sense', () => {
  expect(() => readMeasured('{"samples":{"plain":{"scripts":["1"]}}}')).toThrow('this is no file of npm run bench -- --shards');
  expect(() => costsIn(readMeasured('{"samples":{}}'))).toThrow('1 shard on 1 server has no batch');
  expect(() => readOptions(['--predict', 'x', '--rate', 'many'])).toThrow('--rate many');
  expect(() => readOptions(['--predict', 'x', '--outputs', '0'])).toThrow('--outputs 0');
  expect(
    readOptions(['--predict', 'x', '--rate', '5', '--rate', '6', '--memory', '2', '--shards-per-primary', '1']).asked,
  ).toEqual({
    rates: [5, 6],
    shardsPerPrimary: 1,
    memoryBytes: 2 ** 31,
  });
});
