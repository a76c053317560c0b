import { type Config, DEFAULT_ADMIN_PORTS } from '@ringback/config';
import type { Warning } from './warning.ts';

/** Fine in containers, but not on one machine. */
export function portWarnings({ ingress, worker }: Config): Warning[] {
  const given = worker.adminPort;
  if (given !== undefined && given !== 0 && [ingress.port, ingress.adminPort].includes(given)) {
    const other = given === ingress.port ? 'ingress.port' : 'ingress.adminPort';
    return [{ at: ['worker', 'adminPort'], text: `is ${other} as well: ingress and worker cannot both run on one machine` }];
  }
  const app = (['ingress', 'worker'] as const).find((one) => ingress.port === DEFAULT_ADMIN_PORTS[one]);
  if (app === undefined || { ingress, worker }[app].adminPort !== undefined) return [];
  const text = `is what the ${app} takes as its admin port on one machine; choose another port, or set ${app}.adminPort`;
  return [{ at: ['ingress', 'port'], text }];
}
