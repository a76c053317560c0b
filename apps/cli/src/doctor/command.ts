import { InvalidArgumentError } from 'commander';
import { type Check, GROUPS } from './check.ts';
import { createContext } from './context.ts';
import { CHECKS } from './registry.ts';
import { reportJson, reportLines, tally } from './report.ts';
import { runChecks } from './run-checks.ts';
import { withConfig } from '../reach/with-redis.ts';
import { duration } from '../terminal/option-values.ts';
import type { CommandContext } from '../terminal/command-context.ts';

type Context = Omit<CommandContext, 'fromCaller'>;

type Options = {
  readonly config?: string;
  readonly json: boolean;
  readonly strict: boolean;
  readonly http: boolean;
  readonly only?: readonly Check[];
  readonly timeout?: number;
};

const TIMEOUT_MS = 10_000;

export function addDoctor({ program, env, terminal, done }: Context): void {
  withConfig(program.command('doctor'))
    .description(
      'look at settings, Redis, destinations, files, ports and limits, and say how to mend what is wrong; delivers nothing',
    )
    .option('--only <names>', `some of ${GROUPS.join(', ')}, or names of checks, separated by commas`, readOnly)
    .option('--http', 'also send HEAD / to each destination, to compare its clock', false)
    .option('--strict', 'exit with 1 for a warning as well', false)
    .option('--timeout <duration>', 'how long a check may take (default: 10s)', duration)
    .option('--json', 'JSON', false)
    .action(async ({ config, json, strict, http, only = CHECKS, timeout = TIMEOUT_MS }: Options) => {
      const context = createContext({ env, config, http, timeout, now: Date.now });
      try {
        const findings = await runChecks(only, context);
        const { errors, warnings } = tally(findings);
        for (const line of json ? [reportJson(findings)] : reportLines(findings, only)) terminal.out(line);
        done(errors === 0 && (!strict || warnings === 0));
      } finally {
        context.close();
      }
    });
}

function readOnly(text: string): readonly Check[] {
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (CHECKS.some((check) => check.name === name || check.group === name)) continue;
    throw new InvalidArgumentError(`There is no check ${name}: ${GROUPS.join(', ')}, or a name of docs/doctor.md.`);
  }
  return CHECKS.filter(({ name, group }) => names.includes(name) || names.includes(group));
}
