import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_PLAN, MILLION, type Plan, QUICK_PLAN } from './plan.ts';
import type { Asked } from './predict/predict.ts';
import { type PartName, PARTS } from './run-bench.ts';

/** Their figures stand on pages of their own, and `history` takes as long as all others. */
const APART: readonly PartName[] = ['history', 'encryption', 'metrics'];

export const USAGE = `npm run bench [-- options]
  --only <part>   measures this part; may be given several times: ${Object.keys(PARTS).join(', ')}. Default: all but ${APART.join(', ')}
  --against <folder>  measures this checkout of Ringback against another one, in place of the parts; install that one first
  --shards        measures 1, 2 and 4 shards on 1, 2 and 4 Redis servers, in place of the parts
  --million       a backlog of a million callbacks, in place of ${DEFAULT_PLAN.backlog}: takes some ten minutes more
  --quick         one short round: shows that it runs, its figures mean nothing
  --write         writes the figures into docs/performance.md, those of history into docs/history.md, with --shards into docs/scaling.md

  --predict <file>  measures nothing: says from the file that --shards wrote how many of everything it takes
    --rate <number>         callbacks a second; may be given several times
    --outputs <number>      that each callback goes to. Default: 1
    --window <seconds>      dedupe.window. Default: 86400
    --backlog <seconds>     of callbacks that there must be room for. Default: 600
    --destination <ms>      until a destination answers. Default: 50
    --memory <GiB>          maxmemory of a primary. Default: 64
    --replicas <number>     of each primary. Default: 1
    --concurrency <number>  of an output. Default: 32
    --write-time <ms>       that a write to Redis may take while much comes. Default: 20
    --shards-per-primary <number>  Default: 4`;

export type RunOptions = {
  readonly plan: Plan;
  readonly parts: readonly PartName[];
  readonly against: string | undefined;
  readonly shards: boolean;
  readonly write: boolean;
};

type Options = RunOptions & { readonly help: boolean; readonly predictFrom: string | undefined; readonly asked: Asked };

export const USUAL_PARTS = Object.keys(PARTS)
  .filter(isPart)
  .filter((name) => !APART.includes(name));

const NUMBER = { type: 'string' } as const;

/** @throws Error if an option is unknown or has no number */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      against: { type: 'string' },
      shards: { type: 'boolean', default: false },
      million: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      predict: { type: 'string' },
      help: { type: 'boolean', default: false },
      rate: { type: 'string', multiple: true },
      outputs: NUMBER,
      window: NUMBER,
      backlog: NUMBER,
      destination: NUMBER,
      memory: NUMBER,
      replicas: NUMBER,
      concurrency: NUMBER,
      'shards-per-primary': NUMBER,
      'write-time': NUMBER,
    },
  });
  const { only, against, shards, million, quick, write, predict, help } = values;
  const unknown = only.find((name) => !isPart(name));
  if (unknown !== undefined) throw new Error(`no part is called ${unknown}`);
  const chosen = only.filter(isPart);
  const plan = quick ? QUICK_PLAN : DEFAULT_PLAN;
  return {
    plan: million ? { ...plan, backlog: MILLION } : plan,
    parts: chosen.length > 0 ? chosen : USUAL_PARTS,
    against: against === undefined ? undefined : resolve(against),
    shards,
    write,
    help,
    // npm runs us in the project's folder.
    predictFrom: predict === undefined ? undefined : resolve(process.env['RINGBACK_CALLER_FOLDER'] ?? '', predict),
    asked: askedIn(values),
  };
}

type AskedTexts = Readonly<Record<string, unknown>> & { readonly rate?: readonly string[]; readonly memory?: string };

function askedIn(values: AskedTexts): Asked {
  const { rate, memory, 'shards-per-primary': shardsPerPrimary, 'write-time': writeTime } = values;
  const names = ['outputs', 'window', 'backlog', 'destination', 'replicas', 'concurrency'] as const;
  const numbers = names.flatMap((name) => (values[name] === undefined ? [] : [[name, numberIn(name, values[name])] as const]));
  return {
    ...Object.fromEntries(numbers),
    ...(rate && { rates: rate.map((text) => numberIn('rate', text)) }),
    ...(shardsPerPrimary !== undefined && { shardsPerPrimary: numberIn('shards-per-primary', shardsPerPrimary) }),
    ...(writeTime !== undefined && { writeTime: numberIn('write-time', writeTime) }),
    ...(memory !== undefined && { memoryBytes: numberIn('memory', memory) * 2 ** 30 }),
  };
}

/** `0` makes sense only for what may be absent. */
function numberIn(name: string, text: unknown): number {
  const number = Number(text);
  const least = name === 'replicas' || name === 'backlog' ? 0 : Number.MIN_VALUE;
  if (text === '' || !Number.isFinite(number) || number < least)
    throw new Error(`--${name} ${String(text)} is no number that makes sense`);
  return number;
}

function isPart(name: string): name is PartName {
  return Object.hasOwn(PARTS, name);
}
