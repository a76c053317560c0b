// `npm run chaos`: breaks everything around callbacks, and counts what became of each acked one.
import { randomInt } from 'node:crypto';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { findTestRedis } from '@ringback/testkit/bare';
import { scenarios } from './registry.ts';
import { writeLedger, writeTable } from './report.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';
import type { Run, Scenario } from './scenario.ts';

const USAGE = `npm run chaos [-- options]
  --list             names the scenarios
  --scenario <name>  runs this one; may be given several times. Default: all
  --seed <number>    makes the same choices again. Default: a new one
  --only <text>      of every-crash-point: the points whose name holds this
  --short            runs the short forms, as the test suite does`;

const FINDS_REDIS_WITHIN_MS = 300_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      list: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      only: { type: 'string' },
      short: { type: 'boolean', default: false },
    },
  });
  const { list, scenario: names, seed, short, only } = values;
  if (!/^\d{1,9}$/.test(seed)) throw new Error(`--seed takes a number of at most nine digits, not ${seed}`);
  const chosen = names.map(find);
  return {
    list,
    chosen: chosen.length > 0 ? chosen : scenarios,
    seed: Number(seed),
    size: short ? 'short' : 'full',
    only,
  } as const;
}

function find(name: string): Scenario | Run {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`no scenario is called ${name}; there are: ${scenarios.map((one) => one.name).join(', ')}`);
  return scenario;
}

async function main(): Promise<void> {
  const { list, chosen, seed, size, only } = readOptions();
  if (list) {
    for (const { name, breaks, loss } of scenarios) say(`${name.padEnd(20)} ${breaks} (loss: ${loss})`);
    return;
  }
  const found = await findTestRedis(AbortSignal.timeout(FINDS_REDIS_WITHIN_MS));
  if ('reasons' in found) throw new Error(`the harness needs a real Redis:\n${found.reasons.join('\n')}`);
  const { spec } = found;
  const startedAt = new Date().toISOString();
  say(`seed ${seed}, ${spec.label}, Node ${process.version}`);
  const results: ScenarioResult[] = [];
  for (const scenario of chosen) {
    say(`[${results.length + 1}/${chosen.length}] ${scenario.name}: ${scenario.breaks}`);
    // Each scenario needs the machine for itself.
    const result = await runScenario({ scenario, seed, size, spec, only, say: (line) => say(`      ${line}`) });
    for (const note of result.notes ?? []) say(`      ${note}`);
    say(`      ${result.problems.length === 0 ? 'ok' : `FAILED: ${result.problems.join('\n      ')}`}, ${result.seconds} s`);
    results.push(result);
  }
  const path = await writeLedger({ seed, startedAt, node: process.version, redis: spec.label, results });
  say(`\n${writeTable(results)}\n\nledger: ${relative(process.cwd(), path)}; again: npm run chaos -- --seed ${seed}`);
  if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 1;
}
// An abandoned fault may still wait.
process.exit();
