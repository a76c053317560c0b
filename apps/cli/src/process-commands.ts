import type { Command } from 'commander';
import { handOverPipes } from './terminal/closed-pipes.ts';
import { wholeNumber } from './terminal/option-values.ts';

/** How many there are of each. */
export type Counts = { readonly ingresses?: number; readonly workers?: number };

/** A process of Ringback that the published package runs as a command, in its own process. */
export type ProcessCommand = {
  readonly name: string;
  readonly description: string;
  /** Options that say how many there are, with their description. Default: 1. */
  readonly counts?: Readonly<Record<keyof Counts, string>>;
  /** Takes the settings file, if one was named. */
  readonly run: (settings: string | undefined, counts: Counts) => Promise<unknown>;
};

const MOST = 64;

export function addProcess(program: Command, { name, description, counts, run }: ProcessCommand): void {
  const command = program
    .command(name)
    .description(description)
    .option('--config <file>', 'settings file (default: RINGBACK_CONFIG, ringback.yaml)');
  for (const [option, what] of Object.entries(counts ?? {})) command.option(`--${option} <n>`, what, wholeNumber(1, MOST), 1);
  command.action(async ({ config, ...numbers }: { config?: string } & Counts) => {
    handOverPipes();
    await run(config, numbers);
  });
}
