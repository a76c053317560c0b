import type { Command } from 'commander';
import { handOverPipes } from './closed-pipes.ts';

/** A process of Ringback that the published package runs as a command, in its own process. */
export type ProcessCommand = {
  readonly name: string;
  readonly description: string;
  /** Takes the settings file, if one was named. */
  readonly run: (settings: string | undefined) => Promise<unknown>;
};

export function addProcess(program: Command, { name, description, run }: ProcessCommand): void {
  program
    .command(name)
    .description(description)
    .option('--config <file>', 'settings file (default: RINGBACK_CONFIG, ringback.yaml)')
    .action(async ({ config }: { config?: string }) => {
      handOverPipes();
      await run(config);
    });
}
