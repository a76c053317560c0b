import { outputQueueState } from '@ringback/queue';
import type { Command } from 'commander';
import { askHistory, withResting } from '../reach/ask-history.ts';
import { requireOutput } from './known-output.ts';
import { outputJson } from './json.ts';
import { showOutputs } from './list.ts';
import { moveOutput, purgeOutput } from './removed.ts';
import { switchQueues } from '../dispatch/switch-queues.ts';
import { tellHistory } from '../reach/tell-history.ts';
import type { ActionContext } from '../terminal/command-context.ts';
import { withConfig, withRedis, withRest } from '../reach/with-redis.ts';

type Options = { readonly config?: string };
type Acting = Options & { readonly yes: boolean };

/** For all workers. `move` and `purge` are for removed outputs. */
export function addOutputs({ program, ...context }: ActionContext & { readonly program: Command }): void {
  const { env, terminal, done } = context;
  const outputs = program.command('outputs').description('the outputs and their queues');
  withConfig(outputs.command('list', { isDefault: true }).description('state and queue of each'))
    .option('--json', 'JSON, one output a line', false)
    .action(async ({ config, json }: Options & { json: boolean }) =>
      done(
        await withRest({ env, config, terminal }, async (reached) => {
          const { answer, away } = await askHistory({ env, config, ...reached, tellNone: terminal.err }, (history) =>
            history.rest.counts(),
          );
          const shown = await showOutputs(reached, answer);
          for (const line of json ? shown.outputs.map((output) => JSON.stringify(outputJson(output))) : shown.lines)
            terminal.out(line);
          if (away !== undefined) terminal.err(`left out: ${away}`);
          return away === undefined;
        }),
      ),
    );
  for (const action of ['pause', 'resume'] as const) {
    const description =
      action === 'pause' ? 'begin no delivery to it at any worker; they wait in its queue' : 'let its deliveries go on';
    withConfig(outputs.command(action).argument('<name>', 'of the output').description(description)).action(
      (name: string, { config }: Options) =>
        withRedis({ env, config }, async (reached) => {
          requireOutput(name, reached.outputs);
          const tell = await tellHistory(reached);
          await switchQueues(reached, { action, open: (shard) => outputQueueState(name, shard) });
          await tell.action({ command: `outputs ${action}`, facts: { output: name } });
          terminal.out(`${name} is ${action}d`);
        }),
    );
  }
  addRemoved(outputs, context);
}

function addRemoved(outputs: Command, { env, terminal, done }: ActionContext): void {
  withYes(outputs.command('move').argument('<from>', 'a removed output').argument('<to>', 'an output of the settings'))
    .description('move everything in the queue of a removed output to another one')
    .action((from: string, to: string, { config, yes }: Acting) =>
      withRedis({ env, config }, async (reached) =>
        done(await withResting({ env, config, ...reached }, (rest) => moveOutput({ reached, rest, yes, terminal, from, to }))),
      ),
    );
  withYes(outputs.command('purge').argument('<name>', 'a removed output'))
    .description('delete everything in the queue of a removed output, for good')
    .action((name: string, { config, yes }: Acting) =>
      withRedis({ env, config }, async (reached) =>
        done(await withResting({ env, config, ...reached }, (rest) => purgeOutput({ reached, rest, yes, terminal, name }))),
      ),
    );
}

function withYes(command: Command): Command {
  return withConfig(command).option('--yes', 'do it: without it the command says how much there is', false);
}
