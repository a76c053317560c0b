// `npm run bench`: Ringback's cost against the minimum and against the usual way.
import { readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { relative } from 'node:path';
import { findTestRedis } from '@ringback/testkit/bare';
import { watchStolen } from './measure/stolen.ts';
import { readOptions, type RunOptions, USAGE } from './options.ts';
import { readMeasured } from './predict/costs.ts';
import { type Asked, predict } from './predict/predict.ts';
import { judge } from './report/goals.ts';
import { historyTables, judgeHistory } from './report/history-tables.ts';
import { pairTables } from './report/pair-tables.ts';
import { scalingTables } from './report/scaling-tables.ts';
import { goalTable, writeTables } from './report/tables.ts';
import { writeDocs, writeHistory, writeJson, writeScaling } from './report/write-files.ts';
import { toText } from './report/write-text.ts';
import { runBench } from './run-bench.ts';

const FINDS_REDIS_WITHIN_MS = 300_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

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

async function predictFrom(file: string, asked: Asked): Promise<void> {
  for (const table of predict(readMeasured(await readFile(file, 'utf8')), asked)) say(`\n${toText(table)}`);
}

async function measure({ plan, parts, against, shards, write }: RunOptions): Promise<void> {
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
  const samples = await runBench({ plan, parts, against, shards, spec, say: tell, interrupted: interrupted() });
  const goals = judge(samples);
  const machine = `${own}${tellStolen(stolen())}`;
  const usual = [...writeTables(samples), ...(goals.length > 0 ? [goalTable(goals)] : [])];
  const tables = shards ? scalingTables(samples) : [...usual, ...historyTables(samples), ...pairTables(samples)];
  for (const table of tables) say(`\n${toText(table)}`);
  const report = { startedAt, seconds: seconds(), machine, goals: [...goals, ...judgeHistory(samples)], samples };
  say(`\n${machine}`);
  say(`${seconds().toFixed(0)} s; figures: ${relative(process.cwd(), await writeJson(report))}`);
  if (!write) return;
  if (shards) await writeScaling(report);
  if (!shards && goals.length > 0) await writeDocs({ ...report, goals });
  if (parts.includes('history')) await writeHistory(report);
}

try {
  const { predictFrom: file, asked, help, ...run } = readOptions(process.argv.slice(2));
  if (help) say(USAGE);
  else await (file === undefined ? measure(run) : predictFrom(file, asked));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 1;
}
// Abandoned work may still wait.
process.exit();
