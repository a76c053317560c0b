import { Type } from 'typebox';
import type { Problems } from './problem.ts';
import { at, type Tree } from './tree.ts';
import { shown } from './wording.ts';

type Ingress = {
  readonly host: string;
  readonly port: number;
  readonly adminHost: string;
  readonly adminPort?: number | undefined;
};

const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

/** One process cannot listen twice on a port: the ingress could not start. */
export function checkPorts({ root, problems, ingress }: { root: Tree; problems: Problems; ingress: Ingress }): void {
  const { host, port, adminHost, adminPort } = ingress;
  if (adminPort !== port || port === 0) return;
  if (host !== adminHost && !EVERY_ADDRESS.has(host) && !EVERY_ADDRESS.has(adminHost)) return;
  const { tree } = at(root, ['ingress', 'adminPort']);
  problems.report(tree.place, 'ingress.adminPort', `${shown(Type.Integer(), tree)} is ingress.port as well; each needs its own`);
}
