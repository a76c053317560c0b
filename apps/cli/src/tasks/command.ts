import type { HistoryStore } from '@ringback/history';
import { cleanId } from '@ringback/operations';
import { wholeNumber } from '../terminal/option-values.ts';
import { summaryJson, storyJson, storyLines, summaryLines } from './text.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { watch } from '../terminal/watch.ts';
import { withHistory } from '../reach/with-history.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { withConfig } from '../reach/with-redis.ts';

type Context = Omit<CommandContext, 'fromCaller'>;
type Options = { readonly config?: string; readonly limit: number; readonly json: boolean; readonly watch: boolean };

export function addTasks({ program, env, terminal, done }: Context): void {
  withConfig(program.command('tasks'))
    .description(
      'the campaigns that callbacks are about: state, progress, what came against what the task announced, and what is missing',
    )
    .argument('[taskID]', 'one task in full: its id, or your own id of it', cleanId)
    .option('--limit <n>', 'how many tasks at most, those with the newest callbacks first', wholeNumber(1), 50)
    .option('--watch', 'show it anew every 2 s, until Ctrl-C', false)
    .option('--json', 'JSON, one task a line', false)
    .action((task: string | undefined, { config, limit, json, watch: isWatched }: Options) =>
      withHistory({ env, config, tellNone: terminal.err }, async ({ history }) => {
        const look = () => (task === undefined ? lookAtAll(history, { limit, json }) : lookAtOne(history, { task, json }));
        if (!isWatched) return done(tell(await look(), terminal));
        await watch({ look: async () => shown(await look(), { json, terminal }), terminal, json });
        return done(true);
      }),
    );
}

type Look = { readonly lines: readonly string[]; readonly problem?: string };

async function lookAtAll(history: HistoryStore, { limit, json }: { limit: number; json: boolean }): Promise<Look> {
  const all = await history.tasks(limit);
  if (all.length === 0 && !json) return { lines: ['no callback of the history names a task'] };
  return { lines: json ? all.map((task) => JSON.stringify(summaryJson(task))) : summaryLines(all) };
}

async function lookAtOne(history: HistoryStore, { task, json }: { task: string; json: boolean }): Promise<Look> {
  const stories = await history.task(task);
  if (stories.length === 0) return { lines: [], problem: `no callback of the history names a task ${task}` };
  const { gaps } = await history.status();
  const lines = stories.flatMap((story) => (json ? [JSON.stringify(storyJson(story, gaps))] : storyLines(story, gaps)));
  return { lines };
}

/** In JSON what is wrong goes elsewhere: each line of it is a task. */
function shown({ lines, problem }: Look, { json, terminal }: { json: boolean; terminal: Terminal }): readonly string[] {
  if (problem === undefined) return lines;
  if (!json) return [...lines, problem];
  terminal.err(problem);
  return lines;
}

function tell({ lines, problem }: Look, terminal: Terminal): boolean {
  lines.forEach(terminal.out);
  if (problem !== undefined) terminal.err(problem);
  return problem === undefined;
}
