import { settingsFile } from '@ringback/config';
import type { Callback } from '@ringback/contracts';
import { keptCallback } from '@ringback/operations';
import { SENDER_KINDS } from '@ringback/sources';
import { type Env, loadSettings } from '../reach/load-settings.ts';
import { withHistory } from '../reach/with-history.ts';
import { sampleCallback } from '../route/sample-callback.ts';
import { fileIfThere } from '../terminal/option-values.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { render, type Rendered } from './render.ts';

const WHAT = `a sample of a kind (${SENDER_KINDS.join(', ')}), a file with a body, or any id of a callback of the history`;

type Flags = { output: string; source?: string; account?: string; json: boolean; config?: string };

export function addRender({ program, env, terminal, done, fromCaller }: CommandContext): void {
  program
    .command('render')
    .description('show what an output would send for a callback, masked as it would be; sends nothing')
    .argument('<what>', WHAT)
    .requiredOption('--output <name>', 'an output of the settings')
    .option('--source <name>', 'source of the settings (default: the first with callbacks of this kind)')
    .option('--account <uuid>', 'account: its public id (default: the first)')
    .option('--json', 'one JSON object', false)
    .option('--config <file>', 'settings file (default: as for check)')
    .action(async (what: string, { output, json, config, ...wanted }: Flags) => {
      const path = config ?? settingsFile(env);
      const settings = loadSettings({ path, env });
      const isKind = SENDER_KINDS.includes(what);
      const file = isKind ? undefined : fileIfThere(fromCaller(what));
      const sample = { ...wanted, ...(isKind ? { kind: what } : { file }), taskStatus: 3 };
      const callback =
        isKind || file !== undefined
          ? sampleCallback(sample, { settings, terminal })
          : await recorded({ id: what, config: path, env, terminal });
      if (callback === undefined) return done(false);
      const rendered = await render({ settings, output, callback });
      for (const line of json ? [JSON.stringify(rendered)] : linesOf(rendered)) terminal.out(line);
      done(true);
    });
}

type Recorded = { readonly id: string; readonly config: string; readonly env: Env; readonly terminal: Terminal };

/** @throws RingbackError as `withHistory` */
function recorded({ id, config, env, terminal }: Recorded): Promise<Callback | undefined> {
  return withHistory({ env, config, tellNone: terminal.err }, async ({ history }) => {
    const kept = await keptCallback(history, id);
    if (kept.found === 'none') terminal.err(`the history has no callback with the id ${id}, and there is no such file`);
    if (kept.found === 'several') terminal.err('several callbacks have this id: this is the newest. A requestID names one');
    if (kept.found === 'none') return undefined;
    if (kept.callback === undefined) terminal.err(`the body of ${kept.row.id} is no longer kept (history.keepBodies)`);
    return kept.callback;
  });
}

function linesOf(rendered: Rendered): string[] {
  if ('line' in rendered) return [rendered.line];
  const { method, url, headers, body } = rendered;
  return [`${method} ${url}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body];
}
