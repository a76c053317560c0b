// `npm run bench`: Ringback's cost against the minimum and against the usual way.
import { cpus, loadavg } from 'node:os';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findTestRedis } from '@ringback/testkit/bare';
import { watchStolen } from './measure/stolen.ts';
import { DEFAULT_PLAN, MILLION, QUICK_PLAN } from './plan.ts';
import { judge } from './report/goals.ts';
import { goalTable, writeTables } from './report/tables.ts';
import { writeDocs, writeJson } from './report/write-files.ts';
import { toText } from './report/write-text.ts';
import { type PartName, PARTS, runBench } from './run-bench.ts';

const USAGE = `npm run bench [-- options]
  --only <part>   measures this part; may be given several times: ${Object.keys(PARTS).join(', ')}. Default: all
  --against <folder>  measures this checkout of Ringback against another one, in place of the parts; install that one first
  --million       a backlog of a million callbacks, in place of ${DEFAULT_PLAN.backlog}: takes some ten minutes more
  --quick         one short round: shows that it runs, its figures mean nothing
  --write         writes the figures into docs/performance.md`;

const FINDS_REDIS_WITHIN_MS = 300_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      against: { type: 'string' },
      million: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const { only, against, million, quick, write } = values;
  const unknown = only.find((name) => !isPart(name));
  if (unknown !== undefined) throw new Error(`no part is called ${unknown}`);
  const chosen = only.filter(isPart);
  const plan = quick ? QUICK_PLAN : DEFAULT_PLAN;
  return {
    plan: million ? { ...plan, backlog: MILLION } : plan,
    parts: chosen.length > 0 ? chosen : Object.keys(PARTS).filter(isPart),
    against: against === undefined ? undefined : resolve(against),
    write,
  };
}

/** On virtual machines, stolen time is most of the noise. */
function tellStolen(share: number | undefined): string {
  return share === undefined ? '' : `; others took ${Math.round(share * 100)} % of the cores’ time while it ran`;
}

/** Rejects at the first signal, so that the run cleans up. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
}

function isPart(name: string): name is PartName {
  return Object.hasOwn(PARTS, name);
}

async function main(): Promise<void> {
  const { plan, parts, against, write } = readOptions();
  const found = await findTestRedis(AbortSignal.timeout(FINDS_REDIS_WITHIN_MS));
  if ('reasons' in found) throw new Error(`the benchmark needs a real Redis:\n${found.reasons.join('\n')}`);
  const { spec } = found;
  const [cpu] = cpus();
  const load = loadavg()[0]?.toFixed(2);
  const own = `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${process.platform}, Node ${process.version}, ${spec.label}, load average at the start ${load}`;
  say(own);
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const stolen = watchStolen();
  const seconds = () => (performance.now() - started) / 1000;
  const tell = (line: string) => say(`[${seconds().toFixed(0).padStart(3)} s] ${line}`);
  const samples = await runBench({ plan, parts, against, spec, say: tell, interrupted: interrupted() });
  const goals = judge(samples);
  const machine = `${own}${tellStolen(stolen())}`;
  for (const table of [...writeTables(samples), ...(goals.length > 0 ? [goalTable(goals)] : [])]) say(`\n${toText(table)}`);
  const report = { startedAt, seconds: seconds(), machine, goals, samples };
  say(`\n${machine}`);
  say(`${seconds().toFixed(0)} s; figures: ${relative(process.cwd(), await writeJson(report))}`);
  if (write) await writeDocs(report);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 1;
}
// Abandoned work may still wait.
process.exit();
