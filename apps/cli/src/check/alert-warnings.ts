import type { Config } from '@ringback/config';
import type { Warning } from './warning.ts';

/** An alert about an output never goes to that output. */
export function alertWarnings({ alerts, routes }: Config): Warning[] {
  const [name, ...others] = alerts?.to ?? [];
  if (name === undefined || others.length > 0 || !routes.some(({ to }) => to?.includes(name) === true)) return [];
  const text = `${name} is the only output of alerts, and routes lead to it: if it fails, nobody is told. Name another one as well`;
  return [{ at: ['alerts', 'to'], text }];
}
