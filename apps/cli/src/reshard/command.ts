import { duration, wholeNumber } from '../terminal/option-values.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { withConfig } from '../reach/with-redis.ts';

const MOST_SHARDS = 256;
const WITHIN = '10m';

type Context = Omit<CommandContext, 'fromCaller'>;
type Options = { readonly to?: number; readonly within: number; readonly abort: boolean; readonly config?: string };

export function addReshard({ program, env, terminal, done }: Context): void {
  const command = program
    .command('reshard')
    .description('change the number of shards on a Redis Cluster; can be interrupted and run again');
  withConfig(command)
    .option('--to <n>', 'the number of shards to change to', wholeNumber(1, MOST_SHARDS))
    .option(
      '--within <duration>',
      'how long to wait for workers to dispatch all callbacks, and then to end',
      duration,
      duration(WITHIN),
    )
    .option('--abort', 'take callbacks again, and change nothing; only until the workers have ended', false)
    .action(async ({ to, within, abort, config }: Options) => {
      if (abort === (to !== undefined)) command.error('error: say one of --to <n> and --abort');
      const { abortReshard, reshard } = await import('./reshard.ts');
      done(
        to === undefined ? await abortReshard({ config, env, terminal }) : await reshard({ to, within, config, env, terminal }),
      );
    });
}
