import type { Command } from 'commander';
import type { Env } from '../reach/load-settings.ts';
import type { Terminal } from './terminal.ts';

/** What a command gets. */
export type CommandContext = {
  readonly program: Command;
  readonly env: Env;
  readonly terminal: Terminal;
  /** Sets the exit code: 0 or 1. */
  readonly done: (success: boolean) => void;
  /** Resolves a path that was typed. */
  readonly fromCaller: (path: string) => string;
};

/** What the action of most commands needs of it. */
export type ActionContext = Pick<CommandContext, 'env' | 'terminal' | 'done'>;
