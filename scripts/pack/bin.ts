// `ringback` of the published package: the operator's command, and the processes of Ringback. It runs only as packed.
import { fileURLToPath } from 'node:url';
import type { Counts, ProcessCommand } from '../../apps/cli/src/process-commands.ts';
import { runProgram } from '../../apps/cli/src/program.ts';
import { watchNpm } from '../watch-npm.mjs';

const BIN = fileURLToPath(import.meta.url);

/** npx that is killed takes nothing with it. A second Ctrl-C of its own making is none. */
const SAME_SIGNAL_WITHIN_MS = 500;

const processes: ProcessCommand[] = [
  {
    name: 'start',
    description: 'run a Redis (if none is named), an ingress and a worker, until Ctrl-C; for a first look',
    counts: {
      ingresses: 'how many ingresses: the first listens at ingress.port, the others at the ports after it',
      workers: 'how many workers',
    },
    run: async (_settings, counts) => {
      const { runStart } = await import('../start/run-start.ts');
      await runStart({
        ...counts,
        folder: process.cwd(),
        words: { start: 'ringback start', ringback: 'npx ringback', worker: 'npx ringback worker' },
        argsOf: (app) => [BIN, app],
        followParent: new URL('follow-parent.js', import.meta.url).href,
        sameSignalWithin: SAME_SIGNAL_WITHIN_MS,
      });
    },
  },
  {
    name: 'ingress',
    description: 'run an ingress, until Ctrl-C or SIGTERM',
    run: () => import('../../apps/ingress/src/main.ts'),
  },
  { name: 'worker', description: 'run a worker, until Ctrl-C or SIGTERM', run: () => import('../../apps/worker/src/main.ts') },
];

const ready = processes.map(({ run, ...command }) => ({
  ...command,
  run: async (settings: string | undefined, counts: Counts) => {
    if (settings !== undefined) process.env['RINGBACK_CONFIG'] = settings;
    watchNpm()(() => process.kill(process.pid, 'SIGTERM'));
    await run(settings, counts);
  },
}));

await runProgram({ env: process.env, processes: ready });
