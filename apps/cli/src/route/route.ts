import { explainRouting } from '@ringback/operations';
import { type Env, loadSettings } from '../reach/load-settings.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sampleCallback, type SampleOptions } from './sample-callback.ts';
import { tellRouting } from './text.ts';

export type RouteOptions = SampleOptions & {
  /** With what the parts of each condition come to. */
  readonly parts?: boolean;
  readonly json?: boolean;
  readonly config: string;
  readonly env: Env;
  readonly terminal: Terminal;
};

/** True if a route matches. @throws RingbackError for unusable settings or a refused body */
export function route({ config, env, terminal, parts = false, json = false, ...wanted }: RouteOptions): boolean {
  const settings = loadSettings({ path: config, env });
  const callback = sampleCallback(wanted, { settings, terminal });
  return tellRouting(explainRouting(settings.routes, callback), { parts, json, terminal });
}
