import { type Config, settingsFile } from '@ringback/config';
import { plan, type Plan, type PlannedOutput, type Shift } from '@ringback/operations';
import { loadSettings } from '../reach/load-settings.ts';
import { timeOrAgo, wholeNumber } from '../terminal/option-values.ts';
import { table } from '../terminal/table.ts';
import { withHistory } from '../reach/with-history.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { withConfig } from '../reach/with-redis.ts';

type Options = {
  readonly config?: string;
  readonly last?: number;
  readonly since?: number;
  readonly until?: number;
  readonly json: boolean;
};

const LAST = 1000;

const DESCRIPTION =
  "route callbacks of the history with today's settings and with new ones, and show what would change. Sends nothing, and needs no secret. Exits with 0 if every callback goes where it went and no condition fails anew, else with 1";

export function addPlan({ program, env, terminal, done, fromCaller }: CommandContext): void {
  withConfig(program.command('plan').description(DESCRIPTION))
    .argument('<new.yaml>', 'the new settings file')
    .option(
      '--last <n>',
      `the newest n callbacks whose bodies are kept (default: ${LAST}, or all with --since or --until)`,
      wholeNumber(1),
    )
    .option('--since <time>', 'received from this time on (2026-01-31T12:00Z), or for so long (2h)', timeOrAgo(Date.now))
    .option('--until <time>', 'received before this time, or until so long ago', timeOrAgo(Date.now))
    .option('--json', 'one JSON object', false)
    .action((file: string, { config = settingsFile(env), json, ...range }: Options) =>
      withHistory({ env, config, tellNone: terminal.err }, async ({ settings, history }) => {
        const [before, after] = [partsOf(settings), partsOf(loadSettings({ path: fromCaller(file), env }))];
        const last = range.last ?? (range.since === undefined && range.until === undefined ? LAST : undefined);
        const planned = await plan({ store: history, before, after, ...range, last });
        if (json) terminal.out(JSON.stringify(planned));
        else for (const line of planLines(planned)) terminal.out(line);
        done(!planned.differs);
      }),
    );
}

const partsOf = ({ routes, outputs }: Config) => ({ routes, outputs: outputs.map(({ name }) => name) });

function planLines(planned: Plan): string[] {
  const { examined, withoutBody, outputs, unrouted, dropped, differs } = planned;
  const left = withoutBody > 0 ? `; ${withoutBody} more are left out: their bodies are no longer kept` : '';
  const rows = [...outputs.map(rowOf), ['(no route)', ...cells(unrouted), ''], ['(dropped)', ...cells(dropped), '']];
  return [
    `${examined} callbacks, routed with both settings${left}`,
    ...table(['to', 'gains', 'loses', 'same', ''], rows),
    ...outputs.flatMap(({ output, gained, lost }) => exampleLines(output, { gained, lost })),
    ...exampleLines('no route', unrouted),
    ...exampleLines('dropped', dropped),
    ...onlyLines(planned),
    ...errorLines(planned),
    differs ? 'the new settings route differently' : 'the new settings route these callbacks as before',
  ];
}

function rowOf({ output, gained, lost, same, only }: PlannedOutput): string[] {
  const note = only === undefined ? '' : only === 'after' ? 'only in the new settings' : 'only in the old settings';
  return [output, String(gained.count), String(lost.count), String(same), note];
}

const cells = ({ after, gained, lost }: Shift) => [gained.count, lost.count, after - gained.count].map(String);

function exampleLines(what: string, { gained, lost }: Pick<Shift, 'gained' | 'lost'>): string[] {
  const line = (sign: string, { count, examples }: Shift['gained']) =>
    count === 0 ? [] : [`${sign} ${what}: ${examples.join(', ')}${count > examples.length ? `, … (${count})` : ''}`];
  return [...line('+', gained), ...line('-', lost)];
}

function onlyLines({ routesOnly: { before, after } }: Plan): string[] {
  return [...onlyIn('old', before), ...onlyIn('new', after)];
}

function onlyIn(which: string, numbers: readonly number[]): string[] {
  if (numbers.length === 0) return [];
  return [`only in the ${which} settings: route${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')}`];
}

function errorLines({ conditionErrors: { before, after } }: Plan): string[] {
  return Object.entries(after).map(([error, { count, examples }]) => {
    const known = before[error] === undefined ? '' : ' (as with the old settings)';
    return `condition fails for ${count}${known}: ${error} (${examples.join(', ')})`;
  });
}
