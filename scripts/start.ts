// `npm start`: a Redis if none is named, one ingress and one worker, or as many as asked for.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { redisInJavaScript } from '@ringback/redis-server';
import { readOptions } from './read-options.ts';
import { runStart } from './start/run-start.ts';

const USAGE = `npm start [-- options]
  --config <file>    the settings file. Default: RINGBACK_CONFIG, ringback.yaml, ringback.example.yaml
  --ingresses <n>    how many ingresses. The first listens at ingress.port, the others at the ports after it. Default: 1
  --workers <n>      how many workers. Default: 1`;

const MOST = 64;

function options() {
  const { config, ingresses, workers } = parseArgs({
    options: {
      config: { type: 'string' },
      ingresses: { type: 'string', default: '1' },
      workers: { type: 'string', default: '1' },
    },
  }).values;
  // As on every command line: relative to the caller's folder, not to the project's.
  const file = config === undefined ? undefined : resolve(process.env['RINGBACK_CALLER_FOLDER'] ?? '', config);
  return { config: file, ingresses: count('--ingresses', ingresses), workers: count('--workers', workers) };
}

function count(option: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= MOST) return number;
  throw new Error(`${option} takes a number from 1 to ${MOST}, not ${text}`);
}

await runStart({
  ...readOptions(options, USAGE),
  folder: fileURLToPath(new URL('..', import.meta.url)),
  example: 'ringback.example.yaml',
  words: { start: 'npm start', ringback: 'npm run ringback --', worker: 'npm run worker' },
  argsOf: (app) => [`apps/${app}/src/main.ts`],
  followParent: new URL('follow-parent.mjs', import.meta.url).href,
  lastResort: redisInJavaScript,
});
